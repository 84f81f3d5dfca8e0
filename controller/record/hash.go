package record

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

// FileHash is the SHA-256 of a file, hex: how headers and reports name the files that
// a run was made of.
func FileHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("record: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("record: %w", err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
