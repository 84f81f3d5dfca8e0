package record

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// "abc" is the first example of FIPS 180-4.
func TestFileHash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "abc")
	if _, err := FileHash(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v: want that there is no such file", err)
	}
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := FileHash(path); err != nil || got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("%s, %v", got, err)
	}
}
