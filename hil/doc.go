// Package hil puts the parts together: a Scenario names a robot, a policy and
// clips, and Run plays them through the one control loop and scores them. It is
// the only library package that sees all others.
//
// A robot is simulated, or PROFILE@TRANSPORT (open.go): behind its firmware in an
// emulator, on a serial line, at a broker. What is not only simulated begins without
// torque, stands up, tracks while somebody holds the dead man's switch, and lies down.
//
// In flows a Scenario (YAML, strict); out flow a Result (JSON: a row per clip,
// the loop's timing), a recording, and what the live view shows.
package hil
