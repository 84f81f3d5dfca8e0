// Package peer runs the firmware's codec, built for the host, behind a pipe, so
// that tests and benchmarks can hold it against the Go one.
package peer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
)

// Sanitized makes the peer end at the first wrong memory access or undefined
// behaviour; Optimised makes it fast.
var (
	Sanitized = []string{"-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"}
	Optimised = []string{"-O2"}
)

// Build compiles the peer with cc into dir and returns the program's path.
func Build(dir string, flags ...string) (string, error) { return compile(dir, "peer", flags) }

// BuildSoak compiles the program that damages frames; see testdata/soak.c.
func BuildSoak(dir string) (string, error) { return compile(dir, "soak", Optimised) }

func compile(dir, name string, flags []string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	fw, out := filepath.Join(root, "firmware"), filepath.Join(dir, name)
	args := append([]string{"-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-I", fw, "-o", out}, flags...)
	args = append(args, filepath.Join(root, "bridge/wire/internal/peer/testdata", name+".c"),
		filepath.Join(fw, "wire.c"), filepath.Join(fw, "wire_schema.c"), "-lm")
	if text, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("peer: cc: %w\n%s", err, text)
	}
	return out, nil
}

// moduleRoot is the next folder upwards with a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("peer: no go.mod here or above")
		}
	}
}

// Peer is a running peer.
type Peer struct {
	cmd *exec.Cmd
	in  *bufio.Writer
	end io.Closer
	out *bufio.Reader
	buf []byte
}

// Start runs a program that Build made.
func Start(program string) (*Peer, error) {
	p := &Peer{cmd: exec.Command(program)}
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.end, p.out = bufio.NewWriterSize(in, 1<<20), in, bufio.NewReaderSize(out, 1<<16)
	return p, p.cmd.Start()
}

// Tell sends a record that is not answered.
func (p *Peer) Tell(kind byte, b []byte) error {
	var head [5]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(b)+1))
	head[4] = kind
	p.in.Write(head[:])
	_, err := p.in.Write(b)
	return err
}

// Ask sends a record and returns the answer, valid until the next Ask.
func (p *Peer) Ask(kind byte, b []byte) ([]byte, error) {
	if err := p.Tell(kind, b); err != nil {
		return nil, err
	}
	if err := p.in.Flush(); err != nil {
		return nil, err
	}
	var head [4]byte
	if _, err := io.ReadFull(p.out, head[:]); err != nil {
		return nil, fmt.Errorf("peer: ended: %w", err)
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > math.MaxInt32 {
		return nil, fmt.Errorf("peer: answers with %d bytes", n)
	}
	if int(n) > cap(p.buf) {
		p.buf = make([]byte, n)
	}
	_, err := io.ReadFull(p.out, p.buf[:n])
	return p.buf[:n], err
}

// Close ends the peer; its error says what a sanitizer found.
func (p *Peer) Close() error {
	p.in.Flush()
	p.end.Close()
	return p.cmd.Wait()
}
