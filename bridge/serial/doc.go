// Package serial is a serial line that a robot may hang on. Underneath is
// go.bug.st/serial; around it stands what motors need and a terminal program
// does not:
//
//	write after Close     goes nowhere: the descriptor is closed only when no call
//	                      is inside it, so that its number is never another file's
//	nobody reads          Write gives up after its deadline; what the kernel still
//	                      held is thrown away and never arrives late
//	read timeout          is ErrTimeout, not (0, nil)
//	unplugged             is ErrUnplugged, told from one's own Close, ErrClosed
//	a second program      is refused, as root too
//	child processes       inherit no descriptor: Close gives the line back
//	modem lines           are left alone: a pty and many adapters have none
//
// A Sender adds the newest-command slot: who writes at a fixed rate never waits
// for the line, and what was not sent yet is replaced, never queued.
package serial
