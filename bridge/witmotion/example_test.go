package witmotion_test

import (
	"fmt"

	"whisker/bridge/witmotion"
)

// A unit's line is cut at any place: bytes before a frame are dropped.
func ExampleNext() {
	b := []byte{0x12, 0x55, 0x51, 0, 0, 0, 0, 0x00, 0x08, 0x34, 0x12, 0xF4}
	for len(b) > 0 {
		f, n, err := witmotion.Next(b)
		fmt.Println(f.Values, n, err)
		b = b[n:]
	}
	// Output:
	// [0 0 0 0] 1 witmotion: bytes before a frame: want 55 and a kind from 50 to 5F
	// [0 0 2048 4660] 11 <nil>
}
