package mutant

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// batch is the mutants of some files in one build.
type batch struct {
	mutants   []Mutant // of all files; a mutant's number is its place from 1
	files     []string
	sources   map[string][]byte
	functions map[string][]function
	origin    string // of a line in the compiler's errors, with %s for its name
	in, born  []bool // the build, and alive, per mutant
}

// newBatch reads files of the module at root.
func newBatch(root string, files []string, mutants []Mutant, functions func([]byte) ([]function, error), origin string) (*batch, error) {
	b := &batch{
		mutants: mutants, files: files, origin: origin, sources: map[string][]byte{}, functions: map[string][]function{},
		in: make([]bool, len(mutants)), born: slices.Repeat([]bool{true}, len(mutants)),
	}
	for _, file := range files {
		source, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, fmt.Errorf("mutant: %w", err)
		}
		if b.functions[file], err = functions(source); err != nil {
			return nil, fmt.Errorf("%w (%s)", err, file)
		}
		b.sources[file] = source
	}
	return b, nil
}

// texts are the files, each with its mutants that are not stillborn.
func (b *batch) texts() map[string][]byte {
	out := map[string][]byte{}
	for _, file := range b.files {
		number := make([]int, len(b.mutants))
		for i, m := range b.mutants {
			if m.File == file && b.born[i] {
				number[i] = i + 1
			}
		}
		text, in := schema(b.sources[file], b.functions[file], b.mutants, number, b.origin)
		for _, n := range in {
			b.in[n-1] = true
		}
		out[file] = text
	}
	return out
}

// settle compiles until no mutant keeps the others from it.
func (b *batch) settle(compile func(texts map[string][]byte) (out []byte, ok bool, err error)) error {
	for {
		out, ok, err := compile(b.texts())
		if ok || err != nil {
			return err
		}
		bad := blamed(out)
		if len(bad) == 0 {
			return errors.New("mutant: all mutants in one build do not compile: " + string(out))
		}
		for n := range bad {
			b.born[n-1] = false
		}
	}
}

// verdict is survived for a mutant that has still to be run.
func (b *batch) verdict(number int) verdict {
	switch i := number - 1; {
	case !b.born[i]:
		return stillborn
	case !b.in[i]:
		return absent
	}
	return survived
}
