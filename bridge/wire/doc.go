// Package wire is the protocol between Whisker and the firmware of a robot:
// frames, messages, and the check of their order. It mirrors firmware/wire.c;
// the C structs, scales and codes are generated from the walks in walk.go.
//
// # Frames
//
// A frame is 00, COBS(header, payload, CRC-32C), 00, little-endian throughout:
//
//	0   version  u8   Version
//	1   type     u8   Type; the high bit says "from the robot"
//	2   length   u16  of the payload; each type has one length
//	4   session  u32  chosen by the host, never 0
//	8   sequence u32  counts the frames of the side that sends
//	12  time     u32  µs of the robot's clock: when the payload was measured;
//	                  from the host the newest that it has heard
//	16  payload  up to MaxPayload bytes
//	    crc      u32  CRC-32C of all before; up to 5243 bits every error of up to
//	                  five bits is found (P. Koopman: 32-bit cyclic redundancy
//	                  codes for Internet applications, DSN 2002)
//
// A frame has at most 254 bytes, so that COBS adds one. The delimiter in front
// ends what noise came before: after a damaged frame at most the next one is lost.
// Numbers with a unit are fixed point with a power of two as scale, saturated;
// the raw value that is left over means "no value" and is NaN on both sides.
//
// # Conversation
//
//	host                      robot
//	Hello (session, schema) ► ◄ Welcome: done, or schema, busy, mode
//	Query                   ► ◄ Info: limits, rates, calibration
//	                          ◄ State, at Info.StateHz from the Welcome on
//	Enable (position)       ► ◄ Ack: done, or why not
//	Command, every period   ►   obeyed until ValidMs or Info.ExpiryMs is over
//	Stop                    ► ◄ Ack; damps, then ModeIdle
//
// Bytes before the robot's UART is up vanish: Hello, and every request until its
// Ack, is repeated, with a new sequence. All are idempotent. A second host gets
// ResultBusy while the first was heard within a second or the robot has torque;
// Hello of the session that holds is answered again and changes nothing.
//
// # What the robot refuses
//
// In this order, each counted in State.Counters: a frame that is short, long,
// not COBS, of a wrong CRC, version, type or length; one of another session; a
// sequence that is not 1..Window past the last accepted one; a Command or Enable
// made from a state older than StaleUs. Stop is obeyed whatever its sequence,
// EStop in every session. A Command outside of ModeEnabled and ModeLimiting moves
// nothing but is counted and echoed.
//
// A Command that runs out damps and latches FaultExpired; so does every other
// Fault. Only Reset, naming the fault, leads to ModeIdle, and from there only
// Enable with the measured position, to torque again.
package wire
