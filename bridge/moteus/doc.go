// Package moteus speaks to moteus motor controllers.
//
//	Driver ──► Append ──► subframes ──► AppendLine ──► fdcanusb or UART ──► controllers
//	       ◄── Value  ◄── Next      ◄── ParseLine  ◄──                  ◄──
//
// A CAN-FD frame carries subframes of the multiplex protocol, which write and
// read registers as int8, int16, int32 or float; on a serial line a frame is a
// line of text. Nothing here allocates. Registers have the device's units: rev,
// rev/s, N·m, A, V, °C, s; Driver turns them into rad for a bus.Robot.
//
// Sources: mjbots/moteus, docs/protocol/can.md, docs/protocol/registers.md,
// docs/integration/uart.md; mjbots/fdcanusb, README.
package moteus
