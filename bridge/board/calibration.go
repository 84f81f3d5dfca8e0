package board

import (
	"encoding/json"
	"fmt"
	"math"
	"os"

	"whisker/bridge/wire"
)

// Calibration is a robot's: joint = Sign · encoder + Offset.
type Calibration struct {
	Robot  string             `json:"robot"` // name of the profile
	UID    string             `json:"uid"`   // of the microcontroller, hexadecimal
	Joints []JointCalibration `json:"joints"`
}

// JointCalibration is one joint's.
type JointCalibration struct {
	Name   string  `json:"name"`
	Sign   int     `json:"sign"`
	Offset float64 `json:"offset_rad"`
}

// ReadCalibration reads a file that has a Calibration as JSON.
func ReadCalibration(path string) (*Calibration, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("board: calibration: %w", err)
	}
	c := &Calibration{}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("board: %s is no calibration: %w", path, err)
	}
	if c.UID == "" || len(c.Joints) == 0 || len(c.Joints) > wire.Joints {
		return nil, fmt.Errorf("board: %s: want uid and 1 to %d joints, there are %q and %d", path, wire.Joints, c.UID, len(c.Joints))
	}
	for _, j := range c.Joints {
		if j.Sign != 1 && j.Sign != -1 || !(math.Abs(j.Offset) < 8) {
			return nil, fmt.Errorf("board: %s: joint %s has sign %d and offset_rad %g, want 1 or -1, and -8 to 8", path, j.Name, j.Sign, j.Offset)
		}
	}
	return c, nil
}

// message is the calibration as the firmware stores it.
func (c *Calibration) message() *wire.Calibrate {
	m := &wire.Calibrate{}
	for i := range m.Joint {
		m.Joint[i].Sign = 1
		if i < len(c.Joints) {
			m.Joint[i] = wire.JointCalibration{Offset: c.Joints[i].Offset, Sign: int8(c.Joints[i].Sign)}
		}
	}
	m.ID = wire.CalibrationID(m)
	return m
}

// Store writes a calibration to the robot, which must be the one it was made
// for and idle. nil takes the calibration away.
func (r *Robot) Store(c *Calibration) error {
	r.asking.Lock()
	defer r.asking.Unlock()
	id, err := r.greet()
	if err != nil {
		return err
	}
	m := &wire.Calibrate{}
	for i := range m.Joint {
		m.Joint[i].Sign = 1
	}
	if c != nil {
		if uid := fmt.Sprintf("%x", id.Welcome.UID); c.UID != uid {
			return fmt.Errorf("board: this is the calibration of robot %s, the robot is %s", c.UID, uid)
		}
		m = c.message()
	}
	if err := r.idle(); err != nil {
		return err
	}
	return r.require(m)
}
