// Package agent is the watchdog of a bus whose actuators have none.
//
//	host: Driver ──► Conn ──► Unix socket ──► Agent ──► serial line ──► servos
//	             ◄──      ◄──             ◄──       ◄──             ◄──
//
// The agent is a process of its own that owns the serial line. It passes whole
// requests on, and answers back. When a host has given torque and then neither
// repeats it nor tells a goal for 100 ms, or is gone, the agent takes the torque
// of all servos and hangs up: the host has to start anew. Without a host it says
// so again and again, because such a request has no answer. Questions do not
// count: a host that only looks is not one that steers.
//
// An agent that is killed, or stopped, takes nothing any more: its Heir, a process that
// waits at the end of a pipe from it, then does; it ends an agent that says nothing while
// there may be torque. No process helps where both are killed or stopped at once, or the
// machine's power goes and not the servos'.
package agent
