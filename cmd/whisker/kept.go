package main

import (
	"bufio"
	"encoding/gob"
	"errors"
	"io"
	"os"

	"whisker/controller/record"
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
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	hash, err := record.FileHash(program)
	if err != nil {
		return nil, err
	}
	from := sources + " by " + hash
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
	return clips, writeTo(path, nil, func(f io.Writer) error {
		w := bufio.NewWriter(f)
		return errors.Join(gob.NewEncoder(w).Encode(kept{from, clips}), w.Flush())
	})
}
