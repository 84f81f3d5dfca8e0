// Package fault breaks things on purpose, and measures what came of it.
//
//	scenario ──► List ──► Check (can this target really have it?) ──► Injector ──► line, firmware, plant, host
//	                                                                     Watch ──► Row per fault
//
// A Fault has a time (s since the clip began), a kind, a target, a magnitude in
// the kind's own unit and a seed. Each kind is applied where it is real: to the
// bytes of the serial line, to the microcontroller, to what motors and sensors
// say, to the simulated body, to this program. A fault that a target cannot
// have is refused by name before anything runs.
package fault
