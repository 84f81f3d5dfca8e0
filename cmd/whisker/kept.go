package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/gob"
	"fmt"
	"io"
	"os"

	"whisker/policy/motion"
)

// kept holds clips that take minutes to make, for a training that is gone on with.
type kept struct {
	// From says what they were made of, and by which build: another one makes them anew.
	From  string
	Clips []*motion.Clip
}

// keep returns the clips kept in path if they were made from the same sources by
// this very program, and otherwise makes and keeps them. What cannot be read is
// made anew.
func keep(path, sources string, make func() ([]*motion.Clip, error)) ([]*motion.Clip, error) {
	program, err := programHash()
	if err != nil {
		return nil, err
	}
	from := sources + " by " + program
	if f, err := os.Open(path); err == nil {
		var k kept
		err := gob.NewDecoder(bufio.NewReader(f)).Decode(&k)
		f.Close()
		if err == nil && k.From == from {
			return k.Clips, nil
		}
	}
	clips, err := make()
	if err != nil {
		return nil, err
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriter(f)
	if err := gob.NewEncoder(w).Encode(kept{from, clips}); err != nil {
		f.Close()
		return nil, err
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return clips, os.Rename(path+".new", path)
}

func programHash() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
