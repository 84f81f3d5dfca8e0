// Package mqtt connects robots with an MQTT 3.1.1 broker: what they do goes out,
// what people ask for comes in, and a robot can be driven through it.
//
//	Loop ──Publish──► newest-value slot ──► Telemetry ──► broker   connection, state, timing, event
//	Input ◄─ Wishes ◄─ judged: fresh, new, well formed ◄── command (answered on ack)
//
//	Loop ──Write──► Robot ──setpoint──► broker ──► Agent ──► a Loop on the robot ──► board, bus
//	     ◄──Read───       ◄──measured──        ◄──       ◄──
//
// All topics are whisker/v1/ROBOT/ followed by a word; README.md lists them. The
// JSON of the words that people read has a schema each (Schemas); setpoint and
// measured are binary (setpoint.go). SI units; a key carries its unit.
//
// The loop never calls the client library: it leaves values in slots. Handlers of
// the library only store. Every connection is a new client made from the files as
// they then are, so that certificates and passwords may change under it, and
// nothing that waited through an outage is sent after it, except events.
//
// What is late is not obeyed: commands expire by the clock, setpoints by the
// robot's own (see Setpoint), and states age until the guard stops the loop.
package mqtt
