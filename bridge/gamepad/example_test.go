package gamepad_test

import (
	"fmt"

	"whisker/bridge/gamepad"
)

// What is no game controller is refused before anything moves.
func ExampleOpen() {
	_, err := gamepad.Open("/dev/null", gamepad.Options{Forward: 0.5, Left: 0.3, Turn: 1})
	fmt.Println(err)
	// Output:
	// gamepad: /dev/null is no input device (inappropriate ioctl for device): want a game controller, see /dev/input/by-id
}
