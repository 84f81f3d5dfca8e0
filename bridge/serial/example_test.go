package serial_test

import (
	"fmt"

	"github.com/creack/pty"

	"whisker/bridge/serial"
)

// A line takes bytes; what hangs on it is found by its path or serial number.
func Example() {
	robot, slave, err := pty.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer robot.Close()
	port, err := serial.Open(slave.Name(), serial.Options{Baud: 921600})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer port.Close()
	if _, err := port.Write([]byte("hello")); err != nil {
		fmt.Println(err)
	}
	b := make([]byte, 5)
	n, _ := robot.Read(b)
	fmt.Printf("%s\n", b[:n])
	// Output: hello
}
