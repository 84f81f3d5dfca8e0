package emulate

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// files are what `make firmware` builds, under the root of the source tree.
var files = map[string]string{
	"host": "firmware/build/host/whisker",
	"mps2": "firmware/build/mps2/whisker.elf",
}

// emulates says that what runs the board is there.
func emulates(board string) error {
	if board != "mps2" {
		return nil
	}
	if _, err := exec.LookPath("qemu-system-arm"); err != nil {
		return errors.New("emulate: board mps2 needs qemu-system-arm, which is not installed: apt install qemu-system-arm")
	}
	return nil
}

// Find is the board's firmware as `make firmware` built it, in this folder's
// source tree or in the executable's.
func Find(board string) (string, error) {
	name, ok := files[board]
	if !ok {
		return "", fmt.Errorf("emulate: board %q, want host or mps2", board)
	}
	if err := emulates(board); err != nil {
		return "", err
	}
	var roots []string
	if dir, err := os.Getwd(); err == nil {
		roots = append(roots, dir)
	}
	if exe, err := os.Executable(); err == nil {
		roots = append(roots, filepath.Dir(exe))
	}
	for _, dir := range roots {
		for ; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return filepath.Join(dir, name), nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("emulate: no %s here or above: run make firmware", name)
}
