package policy_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"whisker/policy"
)

func TestHashIsThatOfTheFile(t *testing.T) {
	f, err := policy.Rat()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b.Bytes())
	before := f.Hash()
	if before != hex.EncodeToString(sum[:]) {
		t.Errorf("hash %s, the file's is %x", before, sum)
	}
	f.Network.Std[0] *= 2
	if f.Hash() == before {
		t.Error("another network has the same hash")
	}
}
