package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"whisker/controller"
)

// floats reads an array of numbers into the memory that it already has. Numbers
// that JSON lacks come as strings.
type floats []float64

func (f *floats) UnmarshalJSON(b []byte) error {
	v := (*f)[:0]
	if len(b) < 2 || b[0] != '[' {
		return fmt.Errorf("%.20q is no array of numbers", b)
	}
	for rest := bytes.TrimSpace(b[1 : len(b)-1]); len(rest) > 0; {
		one, more, comma := bytes.Cut(rest, []byte{','})
		x, err := parseFloat(bytes.TrimSpace(one))
		if err != nil {
			return err
		}
		if comma && len(more) == 0 {
			return fmt.Errorf("a number is missing after a comma")
		}
		v, rest = append(v, x), more
	}
	*f = v
	return nil
}

// float is a single number like those of floats.
type float float64

func (f *float) UnmarshalJSON(b []byte) error {
	x, err := parseFloat(b)
	*f = float(x)
	return err
}

func parseFloat(b []byte) (float64, error) {
	switch string(b) {
	case `"NaN"`:
		return math.NaN(), nil
	case `"Infinity"`:
		return math.Inf(1), nil
	case `"-Infinity"`:
		return math.Inf(-1), nil
	}
	x, err := strconv.ParseFloat(string(b), 64)
	if err != nil || len(b) == 0 || b[0] != '-' && (b[0] < '0' || b[0] > '9') {
		return 0, fmt.Errorf("%.20q is no number", b)
	}
	return x, nil
}

// mode is a controller.Mode by its name.
type mode controller.Mode

func (m *mode) UnmarshalJSON(b []byte) error {
	for k := controller.Mode(0); k.String() != "unknown"; k++ {
		if `"`+k.String()+`"` == string(b) {
			*m = mode(k)
			return nil
		}
	}
	return fmt.Errorf("%.20s is no mode", b)
}

type rootJSON struct {
	Pos    floats `json:"pos_m"`
	Quat   floats `json:"quat"`
	Vel    floats `json:"vel_m_s"`
	AngVel floats `json:"ang_vel_rad_s"`
}

type stateJSON struct {
	Seq         uint64        `json:"seq"`
	Time        time.Duration `json:"time_ns"`
	Age         time.Duration `json:"age_ns"`
	Pos         floats        `json:"pos_rad"`
	Vel         floats        `json:"vel_rad_s"`
	ActPos      floats        `json:"act_pos_rad"`
	ActVel      floats        `json:"act_vel_rad_s"`
	Activation  floats        `json:"activation"`
	Torque      floats        `json:"torque_nm"`
	Current     floats        `json:"current_a"`
	Temperature floats        `json:"temperature_c"`
	FootForce   floats        `json:"foot_force_n"`
	IMU         struct {
		Quat floats `json:"quat"`
		Gyro floats `json:"gyro_rad_s"`
		Acc  floats `json:"acc_m_s2"`
	} `json:"imu"`
	Root    rootJSON `json:"root"`
	Voltage float    `json:"voltage_v"`
	Faults  uint64   `json:"faults"`
}

type commandJSON struct {
	Pos    floats `json:"pos_rad"`
	Vel    floats `json:"vel_rad_s"`
	Torque floats `json:"torque_nm"`
	Kp     floats `json:"kp_nm_rad"`
	Kd     floats `json:"kd_nm_s_rad"`
}

type timingJSON struct {
	Late    time.Duration `json:"late_ns"`
	Skipped int           `json:"skipped"`
	Read    time.Duration `json:"read_ns"`
	Act     time.Duration `json:"act_ns"`
	Guard   time.Duration `json:"guard_ns"`
	Write   time.Duration `json:"write_ns"`
}

type inputJSON struct {
	Seq     uint64               `json:"seq"`
	Kind    controller.InputKind `json:"kind"`
	Mode    mode                 `json:"mode"`
	Clip    int                  `json:"clip"`
	Vel     floats               `json:"goal_vel_m_s"`
	Heading float                `json:"goal_heading_rad"`
	Turn    float                `json:"goal_turn_rad_s"`
	ByTurn  bool                 `json:"goal_by_turn"`
}

type sampleJSON struct {
	Tick    uint64               `json:"tick"`
	Mode    mode                 `json:"mode"`
	State   stateJSON            `json:"state"`
	Command commandJSON          `json:"command"`
	Timing  timingJSON           `json:"timing"`
	Clamped int                  `json:"clamped"`
	Fault   controller.FaultCode `json:"fault"`
	Input   *inputJSON           `json:"input"`
}

type truthJSON struct {
	Root     rootJSON `json:"root"`
	Contacts []bool   `json:"contacts"`
	Assist   float    `json:"assist_n"`
}

// field pairs what a message has with where it belongs.
type field struct {
	key string
	src floats
	dst []float64
}

// store copies every field; one of another length is an error.
func store(fields []field) error {
	for _, f := range fields {
		if len(f.src) != len(f.dst) {
			return fmt.Errorf("%s has %d numbers, the recorded body %d", f.key, len(f.src), len(f.dst))
		}
		copy(f.dst, f.src)
	}
	return nil
}

func (r *rootJSON) store(dst *controller.Root) error {
	return store([]field{{"root.pos_m", r.Pos, dst.Pos[:]}, {"root.quat", r.Quat, dst.Quat[:]},
		{"root.vel_m_s", r.Vel, dst.Vel[:]}, {"root.ang_vel_rad_s", r.AngVel, dst.AngVel[:]}})
}

func decodeSample(b []byte, s *controller.Sample) error {
	var m sampleJSON
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	s.Tick, s.Mode, s.Clamped, s.Fault = m.Tick, controller.Mode(m.Mode), m.Clamped, m.Fault
	s.Timing = controller.Timing(m.Timing)
	s.Input = controller.Inputs{}
	if in := m.Input; in != nil {
		s.Input = controller.Inputs{Seq: in.Seq, Kind: in.Kind, Mode: controller.Mode(in.Mode), Clip: in.Clip,
			Goal: controller.Goal{Heading: float64(in.Heading), Turn: float64(in.Turn), ByTurn: in.ByTurn}}
		if err := store([]field{{"input.goal_vel_m_s", in.Vel, s.Input.Goal.Vel[:]}}); err != nil {
			return err
		}
	}
	if err := m.State.store(&s.State); err != nil {
		return err
	}
	c, d := &m.Command, &s.Command
	return store([]field{{"command.pos_rad", c.Pos, d.Pos}, {"command.vel_rad_s", c.Vel, d.Vel},
		{"command.torque_nm", c.Torque, d.Torque}, {"command.kp_nm_rad", c.Kp, d.Kp}, {"command.kd_nm_s_rad", c.Kd, d.Kd}})
}

func (m *stateJSON) store(s *controller.State) error {
	s.Seq, s.Time, s.Age, s.Voltage, s.Faults = m.Seq, m.Time, m.Age, float64(m.Voltage), m.Faults
	if err := m.Root.store(&s.Root); err != nil {
		return err
	}
	return store([]field{{"pos_rad", m.Pos, s.Pos}, {"vel_rad_s", m.Vel, s.Vel},
		{"act_pos_rad", m.ActPos, s.ActPos}, {"act_vel_rad_s", m.ActVel, s.ActVel}, {"activation", m.Activation, s.Activation},
		{"torque_nm", m.Torque, s.Torque}, {"current_a", m.Current, s.Current}, {"temperature_c", m.Temperature, s.Temperature},
		{"foot_force_n", m.FootForce, s.FootForce},
		{"imu.quat", m.IMU.Quat, s.IMU.Quat[:]}, {"imu.gyro_rad_s", m.IMU.Gyro, s.IMU.Gyro[:]}, {"imu.acc_m_s2", m.IMU.Acc, s.IMU.Acc[:]}})
}

func decodeTruth(b []byte, t *controller.Truth) error {
	var m truthJSON
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	if len(m.Contacts) != len(t.Contacts) {
		return fmt.Errorf("contacts has %d values, the recorded body %d feet", len(m.Contacts), len(t.Contacts))
	}
	copy(t.Contacts, m.Contacts)
	t.Assist = float64(m.Assist)
	return m.Root.store(&t.Root)
}

// decodeFrames reads poses by the names of their frames.
func decodeFrames(b []byte, names []string, poses []float32) error {
	var m struct {
		Transforms []struct {
			Frame string                     `json:"child_frame_id"`
			Pos   struct{ X, Y, Z float }    `json:"translation"`
			Quat  struct{ X, Y, Z, W float } `json:"rotation"`
		} `json:"transforms"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	if len(m.Transforms) != len(names) || len(poses) != 7*len(names) {
		return fmt.Errorf("%d transforms into %d numbers, the header has %d frames", len(m.Transforms), len(poses), len(names))
	}
	for i, t := range m.Transforms {
		if t.Frame != names[i] {
			return fmt.Errorf("transform %d is of frame %q, expected %q", i, t.Frame, names[i])
		}
		for k, x := range []float{t.Pos.X, t.Pos.Y, t.Pos.Z, t.Quat.W, t.Quat.X, t.Quat.Y, t.Quat.Z} {
			poses[7*i+k] = float32(x)
		}
	}
	return nil
}

// decodeActivations reads the layers one after the other.
func decodeActivations(b []byte, layers []Layer, v []float32) error {
	var m struct {
		Layers map[string]floats `json:"layers"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	for _, l := range layers {
		got := m.Layers[l.Name]
		if len(got) != l.Size || len(v) < l.Size {
			return fmt.Errorf("layer %s has %d numbers, the header %d, room is for %d", l.Name, len(got), l.Size, len(v))
		}
		for i, x := range got {
			v[i] = float32(x)
		}
		v = v[l.Size:]
	}
	return nil
}
