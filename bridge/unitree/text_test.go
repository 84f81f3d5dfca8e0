package unitree

import (
	"testing"

	"whisker/bridge/internal/texts"
)

// Every byte comes back, in a frame or in an error.
func FuzzText(f *testing.F) {
	texts.Fuzz(f, "\xfe\xee\x11\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xb4\x00\x37\xc1", DecodeText, EncodeText)
}
