package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Hash identifies the file: the SHA-256 of its bytes, hex.
func (f *File) Hash() string {
	h := sha256.New()
	if err := f.Write(h); err != nil {
		panic(fmt.Sprintf("policy: a file that was read does not write: %v", err))
	}
	return hex.EncodeToString(h.Sum(nil))
}
