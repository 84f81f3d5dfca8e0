package hil

import (
	"fmt"
	"os"
	"strings"
)

// ReadTrial reads a scenario for one of the targets of the harness: sim, emulated,
// serial:DEV or mqtt:BROKER/ID. The file names the robot alone; where time can wait
// for the program it does, unless the file says pace: realtime.
func ReadTrial(path, target string) (Scenario, error) {
	s := DefaultScenario()
	waits := target == "sim" || target == "emulated"
	if waits {
		s.Pace = "lockstep"
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return s, fmt.Errorf("hil: scenario: %w", err)
	}
	if s, err = parseOver(s, b); err != nil {
		return s, fmt.Errorf("%w (%s)", err, path)
	}
	if err := s.aim(target); err != nil {
		return s, err
	}
	return s, s.Check()
}

// aim makes the scenario's robot that of a target.
func (s *Scenario) aim(target string) error {
	if strings.Contains(s.Robot, "@") {
		return fmt.Errorf("hil: scenario: robot is %q, expected a name without @: the target says where it is", s.Robot)
	}
	kind, where, _ := strings.Cut(target, ":")
	switch {
	case target == "sim":
		return nil
	case target == "emulated", (kind == "serial" || kind == "mqtt") && where != "":
		s.Robot += "@" + target
		return nil
	}
	return fmt.Errorf("hil: target is %q, expected sim, emulated, serial:DEV or mqtt:BROKER/ID", target)
}
