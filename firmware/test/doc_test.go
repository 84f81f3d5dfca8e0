// Package test holds the firmware to its word: the C test programs in unit/ with
// sanitizers, the config against the profile it is generated from, and the table
// of faults against the codes of the wire.
package test
