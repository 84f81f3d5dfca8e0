package dynamixel_test

import (
	"fmt"

	"whisker/bridge/dynamixel"
)

// What is wrong in a capture is said in its place: a CRC, between two good frames.
func Example() {
	objects, err := dynamixel.DecodeText("FFFFFD0001030001194E FFFFFD0001030001194F FFFFFD0002030008 2F72")
	for _, o := range objects {
		fmt.Printf("%s\n", o)
	}
	fmt.Println(err)
	// Output:
	// {"id":1,"instruction":"ping"}
	// {"bytes_hex":"fffffd0001030001194f","error":"dynamixel: bad CRC: want CRC-16 0x8005 over the frame: 19 4E"}
	// {"id":2,"instruction":"reboot"}
	// dynamixel: bad CRC: want CRC-16 0x8005 over the frame: 19 4E
}
