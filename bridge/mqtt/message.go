package mqtt

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"whisker/controller"
)

// Words at the end of topics.
const (
	wordConnection = "connection"
	wordState      = "state"
	wordTiming     = "timing"
	wordEvent      = "event"
	wordCommand    = "command"
	wordAck        = "ack"
	wordSetpoint   = "setpoint"
	wordMeasured   = "measured"
)

//go:embed schemas/*.json
var schemas embed.FS

// Words are the topics whose messages are JSON, each with a schema.
var Words = []string{wordConnection, wordState, wordTiming, wordEvent, wordCommand, wordAck}

// Schema is the JSON Schema (draft 2020-12) of a word's messages.
func Schema(word string) ([]byte, error) {
	b, err := schemas.ReadFile("schemas/" + word + ".json")
	if err != nil {
		return nil, fmt.Errorf("mqtt: no schema of %q: want one of %v", word, Words)
	}
	return b, nil
}

// Header begins every message that a robot sends.
type Header struct {
	Robot string    `json:"robot"`
	Boot  string    `json:"boot"` // of the program that sends; another one after each start
	Seq   uint64    `json:"seq"`  // counts the messages of this topic and boot
	Time  time.Time `json:"time"` // UTC, of the sender's clock
}

// Values of Connection.Status.
const (
	Online  = "online"
	Offline = "offline" // ended in order
	Lost    = "lost"    // the broker's last word for a program that vanished
)

// Connection is retained: who the robot is, and whether it is there. The broker
// notices a robot that vanished only after seconds: it is news, not a stop.
type Connection struct {
	Header
	Status    string   `json:"status"`
	Role      string   `json:"role"` // loop or agent
	Version   string   `json:"version"`
	Body      string   `json:"body"`
	BodyHash  string   `json:"body_hash"`
	PeriodMs  float64  `json:"period_ms"`
	Joints    []string `json:"joints"`
	Actuators []string `json:"actuators"`
	Clips     []string `json:"clips"`
}

// State is a tick, the newest at the time of sending. Values that are not finite
// are null; those that the body does not measure are left out.
type State struct {
	Header
	Tick        uint64   `json:"tick"`
	RobotTime   float64  `json:"robot_time_s"`
	AgeMs       float64  `json:"age_ms"`
	Mode        string   `json:"mode"`
	Fault       string   `json:"fault,omitempty"` // why the robot was stopped
	RobotFaults uint64   `json:"robot_faults"`
	Clip        string   `json:"clip,omitempty"`
	Frame       int      `json:"frame"`
	Frames      int      `json:"frames"`
	Paused      bool     `json:"paused"`
	Stopped     bool     `json:"stopped"`
	Clamped     int      `json:"clamped"`
	JointPos    []number `json:"joint_pos_rad"`
	JointVel    []number `json:"joint_vel_rad_s"`
	CommandPos  []number `json:"command_pos_rad"`
	Torque      []number `json:"torque_nm,omitempty"`
	Current     []number `json:"current_a,omitempty"`
	Temperature []number `json:"temperature_c,omitempty"`
	Voltage     *number  `json:"voltage_v,omitempty"`
	IMU         *imu     `json:"imu,omitempty"`
	Root        *root    `json:"root,omitempty"`
}

type imu struct {
	Quat []number `json:"quat_wxyz"`
	Gyro []number `json:"gyro_rad_s"`
	Acc  []number `json:"acc_m_s2"`
}

type root struct {
	Pos    []number `json:"pos_m"`
	Quat   []number `json:"quat_wxyz"`
	Vel    []number `json:"vel_m_s"`
	AngVel []number `json:"ang_vel_rad_s"`
}

// Timing is how the loop kept its period since the message before.
type Timing struct {
	Header
	Seconds  float64 `json:"seconds"`
	Ticks    uint64  `json:"ticks"`
	Overruns uint64  `json:"overruns"`
	Skipped  uint64  `json:"skipped"`
	Clamped  uint64  `json:"clamped"`
	Late     summary `json:"late_us"`
	Work     summary `json:"work_us"` // read, act, guard and write together
	Commands counts  `json:"commands"`
	// Dropped are events and answers that never reached the broker.
	Dropped   uint64          `json:"dropped"`
	Setpoints *SetpointCounts `json:"setpoints,omitempty"` // of an agent
}

// SetpointCounts say what became of a host's setpoints, since its lease began.
type SetpointCounts struct {
	Accepted uint32 `json:"accepted"`
	Lost     uint32 `json:"lost"`    // gaps in the sequence
	Late     uint32 `json:"late"`    // past their deadline when they came, or behind a newer one
	Refused  uint32 `json:"refused"` // of another lease, or not well formed
}

type summary struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func summarise(h *controller.Histogram) summary {
	us := func(d time.Duration) float64 { return float64(d) / 1e3 }
	return summary{us(h.Quantile(0.5)), us(h.Quantile(0.99)), us(h.Max())}
}

// Event is something that happened, in words. Kind is one word: fault, stop, clip,
// refused, session.
type Event struct {
	Header
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// number is null where it is not finite: JSON has no word for that.
type number float64

// MarshalJSON writes six digits: what no sensor exceeds.
func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); f-f != 0 {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', 6, 64), nil
}

// UnmarshalJSON reads null as NaN.
func (n *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = number(math.NaN())
		return nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	*n = number(f)
	return err
}

func numbers(v []float64) []number {
	n := make([]number, len(v))
	for i, x := range v {
		n[i] = number(x)
	}
	return n
}

// encode is json.Marshal of a message, which cannot fail.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("mqtt: a message does not encode: " + err.Error())
	}
	return b
}

// decode reads one JSON object and nothing after it; strict refuses keys that v
// does not have.
func decode(b []byte, v any, strict bool) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something follows the object")
	}
	return nil
}
