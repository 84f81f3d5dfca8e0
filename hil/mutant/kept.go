package mutant

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// inputs are what a verdict depends on, under the root of the module.
var inputs = []string{
	"firmware/*.[ch]", "firmware/frames.golden", "firmware/test/unit/*", "firmware/test/testdata/*",
	"controller/*.go", "hil/mutant/*suite.go", "hil/mutant/schema.go", "go.mod",
}

// kept are the verdicts of a run that may be stopped and go on: a line each in a
// file, which begins with what they are verdicts of. With other inputs they begin
// anew.
type kept struct {
	mu       sync.Mutex
	file     *os.File // nil keeps nothing
	verdicts map[string]verdict
}

// openKept reads a file, or begins one; path "" keeps nothing.
func openKept(path, root string) (*kept, error) {
	k := &kept{verdicts: map[string]verdict{}}
	if path == "" {
		return k, nil
	}
	head, err := inputHash(root)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("mutant: %w", err)
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if begin, _, _ := strings.Cut(string(text), "\n"); begin != head {
		flags, text = flags|os.O_TRUNC, nil
	}
	for s := bufio.NewScanner(strings.NewReader(string(text))); s.Scan(); {
		var v verdict
		if name, number, ok := strings.Cut(s.Text(), "\t"); ok {
			if _, err := fmt.Sscan(number, &v); err == nil { // the last line may be half a line
				k.verdicts[name] = v
			}
		}
	}
	if k.file, err = os.OpenFile(path, flags, 0o644); err == nil && len(text) == 0 {
		_, err = fmt.Fprintln(k.file, head)
	}
	if err != nil {
		return nil, fmt.Errorf("mutant: %w", err)
	}
	return k, nil
}

// place tells mutants of the same inputs apart.
func (m Mutant) place() string { return fmt.Sprintf("%s:%d-%d:%s", m.File, m.From, m.To, m.New) }

func (k *kept) get(m Mutant) (verdict, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.verdicts[m.place()]
	return v, ok
}

func (k *kept) put(m Mutant, v verdict) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.verdicts[m.place()] = v
	if k.file == nil {
		return nil
	}
	if _, err := fmt.Fprintf(k.file, "%s\t%d\n", m.place(), v); err != nil {
		return fmt.Errorf("mutant: %w", err)
	}
	return nil
}

func (k *kept) close() error {
	if k.file == nil {
		return nil
	}
	return k.file.Close()
}

func inputHash(root string) (string, error) {
	h := sha256.New()
	for _, pattern := range inputs {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			return "", fmt.Errorf("mutant: no files %s in %s", pattern, root)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return "", fmt.Errorf("mutant: %w", err)
			}
			fmt.Fprintf(h, "%s %d\n%s", filepath.Base(file), len(text), text)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
