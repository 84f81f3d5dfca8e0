package board_test

import (
	"fmt"

	"whisker/bridge/board"
	"whisker/controller/profile"
)

// A line that is too slow for a robot is refused before anything is opened.
func ExampleBudget() {
	p, err := profile.Open("quadruped")
	if err != nil {
		fmt.Println(err)
		return
	}
	used, err := board.Budget(p)
	fmt.Printf("%.0f %% of %d baud, %v\n", 100*used, p.Device.Baud, err)
	p.Device.Baud = 9600
	_, err = board.Budget(p)
	fmt.Println(err)
	// Output:
	// 8 % of 921600 baud, <nil>
	// board: 50 commands/s of 145 bytes, 10 bits each, are 72500 bit/s; 9600 baud with 90 % in use carry 8640: want at least 80556 baud, or at most 5 commands/s
}
