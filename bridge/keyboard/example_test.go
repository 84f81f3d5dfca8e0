package keyboard_test

import (
	"context"
	"fmt"
	"os"

	"github.com/creack/pty"

	"whisker/bridge/keyboard"
)

// Nobody holds the space bar of a terminal that nobody touches.
func Example() {
	master, tty, err := pty.Open()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer master.Close()
	key, err := keyboard.Open(tty)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer key.Close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- key.Run(ctx) }()
	fmt.Println(key.Held())
	cancel()
	fmt.Println(<-done)
	// Output:
	// false
	// <nil>
}
