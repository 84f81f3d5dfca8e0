// Package dynamixel speaks Dynamixel Protocol 2.0 to X-series servos.
//
//	Driver ──► AppendRequest ──► bytes ──► serial line ──► servos
//	       ◄── Range, status ◄── Next  ◄──             ◄──
//
// Next and Append are the frames (header, byte stuffing, CRC), Ranges and
// AppendRequest what they ask for: an address range per servo. Neither
// allocates. Driver is a bus of servos for a bus.Robot: positions in rad,
// velocities in rad/s, currents in A, voltages in V, temperatures in °C.
//
// Sources: ROBOTIS e-Manual, "DYNAMIXEL Protocol 2.0" and the control tables of
// XM430-W350, XM430-W210, XL430-W250 and XL330.
package dynamixel
