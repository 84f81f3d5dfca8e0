// Package bus makes a controller.Robot of actuators on a serial bus.
//
//	Loop ──► Robot.Write ──► newest command ──► Driver.Write ──► Line ──► Port
//	     ◄── Robot.Read  ◄── newest reading ◄── Driver.Read  ◄──      ◄──
//
// One goroutine owns the bus between Start and Halt. It sends a command when
// there is a new one and reads the devices several times a period, so that the
// loop never waits for the bus and a state is younger than a cycle. When the
// loop falls silent the goroutine takes the torque away; when the process dies
// the devices' own watchdog does, or package agent for devices that have none.
// An inertial unit with a line of its own adds orientation to the state.
//
// A Driver speaks one protocol; packages dynamixel, feetech and moteus have one
// each. It deals in rad, rad/s, N·m, A, V and °C at the device; Robot turns
// them into the joint's by sign, offset and ratio.
package bus
