package board

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"whisker/bridge/wire"
	"whisker/controller/profile"
)

func contains(err error, part string) bool { return strings.Contains(err.Error(), part) }

func TestRateThatDoesNotFitIsRefused(t *testing.T) {
	p := quadruped(t)
	p.Device.Baud = 57600
	_, err := New(Options{Profile: p, Device: "/dev/null"})
	const want = "board: 50 commands/s of 145 bytes, 10 bits each, are 72500 bit/s; 57600 baud with 90 % in use carry 51840: want at least 80556 baud, or at most 35 commands/s"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	g := newRig(t)
	p.Device.Baud = 115200 // carries the commands, not the states
	r := g.robot(p)
	if err := r.Connect(); err == nil || !contains(err, "100 states/s of 208 bytes") {
		t.Errorf("connect: %v", err)
	}
}

func TestBusOfServosIsRefused(t *testing.T) {
	p := quadruped(t)
	p.Device.Bus = "dynamixel"
	if _, err := New(Options{Profile: p, Device: "/dev/null"}); err == nil || !contains(err, "are on a dynamixel bus") {
		t.Errorf("%v", err)
	}
}

// What Connect and Start refuse, on the real firmware.
func TestStartRefuses(t *testing.T) {
	g := newRig(t)
	plain := g.robot(quadruped(t))
	if err := plain.Start(); err == nil || !contains(err, "has no calibration: run `whisker calibrate") {
		t.Errorf("without a calibration: %v", err)
	}
	c := g.calibrate(plain)
	plain.Close()
	file := filepath.Join(g.dir, "calibration.json")
	for _, x := range []struct {
		name, want string
		change     func(p *profile.Profile, c *Calibration)
	}{
		{"another robot's profile", `the firmware is for robot "quadruped", the profile for "mule"`, func(p *profile.Profile, _ *Calibration) { p.Name = "mule" }},
		{"another board", "profile quadruped is for 0011", func(p *profile.Profile, _ *Calibration) { p.Device.Serial = "0011" }},
		{"another range", "FR_calf_joint max_rad is -0.2 in profile quadruped and -0.3", func(p *profile.Profile, _ *Calibration) { p.Joints[2].Max = -0.2 }},
		{"another battery", "limits.min_voltage_v is 18 in profile", func(p *profile.Profile, _ *Calibration) { p.Limits.MinVoltage = 18 }},
		{"a rate above the states'", "sends 100 states/s, profile quadruped wants rate_hz 200", func(p *profile.Profile, _ *Calibration) { p.RateHz = 200 }},
		{"a calibration of another robot", "is the calibration of robot 99, this is", func(_ *profile.Profile, c *Calibration) { c.UID = "99" }},
		{"a calibration of another day", "calibrate again, or write the file to the robot", func(_ *profile.Profile, c *Calibration) { c.Joints[4].Offset = 0.5 }},
	} {
		p, cal := quadruped(t), *c
		cal.Joints = append([]JointCalibration(nil), c.Joints...)
		x.change(p, &cal)
		if text, err := json.Marshal(cal); err != nil || os.WriteFile(file, text, 0o600) != nil {
			t.Fatal(err)
		}
		r := g.robot(p)
		r.o.Calibration = file
		if err := g.refusal(r); err == nil || !contains(err, x.want) {
			t.Errorf("%s: %v, want %q", x.name, err, x.want)
		}
		if m := r.newest().Mode; m != wire.ModeIdle {
			t.Errorf("%s: mode %v, want idle", x.name, m)
		}
		r.Close()
	}
}

// What Start looks at before torque.
func TestNotReady(t *testing.T) {
	g := newRig(t)
	r := g.robot(quadruped(t))
	good := func() wire.State {
		s := wire.State{Voltage: 24}
		for i := range r.body.Joints {
			s.Joint[i] = wire.JointState{Pos: (r.body.Joints[i].Min + r.body.Joints[i].Max) / 2, Temp: 30}
		}
		return s
	}
	s := good()
	if err := r.ready(&s); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		want   string
		change func(*wire.State)
	}{
		{"FL_hip_joint is at 1.700 rad, outside of -1.6 to 1.6", func(s *wire.State) { s.Joint[3].Pos = 1.7 }},
		{"the motor of FL_hip_joint has 86 °C, want at most 85", func(s *wire.State) { s.Joint[3].Temp = 86 }},
		{"the battery has 18.0 V, want 19.2 to 26", func(s *wire.State) { s.Voltage = 18 }},
		{"the battery has 30.0 V", func(s *wire.State) { s.Voltage = 30 }},
	} {
		s := good()
		c.change(&s)
		if err := r.ready(&s); err == nil || !contains(err, c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// rewrite decodes the frames that pass, changes messages of a type, and encodes
// them again.
func rewrite[M wire.Message](m M, change func(M)) func([]byte) []byte {
	var rx wire.Receiver
	return func(b []byte) (out []byte) {
		for {
			rest, f, v, ok := rx.Next(b)
			if !ok {
				return out
			}
			if b = rest; v == wire.Accepted && f.Type == m.Type() {
				f.Decode(m)
				change(m)
				out = wire.Append(out, f.Header, m)
			}
		}
	}
}

// Start looks at it: a robot that says that it is not ready gets no torque, whatever
// its firmware would say.
func TestStartLooksWhetherTheRobotIsReady(t *testing.T) {
	g := newRig(t)
	r := g.robot(quadruped(t))
	g.calibrate(r)
	g.do(&g.toHost, altered(func(m *wire.State) { m.Joint[3].Pos = 1.7 }))
	g.eventually("that state", func() bool { return r.newest().Joint[3].Pos > 1.69 })
	if err := r.Start(); err == nil || !contains(err, "board: FL_hip_joint is at 1.700 rad, outside") {
		t.Errorf("start: %v", err)
	}
	if m := r.newest().Mode; m != wire.ModeIdle {
		t.Errorf("mode %v", m)
	}
}

// altered changes the states that pass, and nothing else.
func altered(change func(*wire.State)) func([]byte) []byte {
	var rx wire.Receiver
	var m wire.State
	return func(b []byte) (out []byte) {
		for {
			rest, f, v, ok := rx.Next(b)
			if !ok {
				return out
			}
			switch b = rest; {
			case v != wire.Accepted:
			case f.Type == wire.TypeState:
				f.Decode(&m)
				change(&m)
				out = wire.Append(out, f.Header, &m)
			case f.Type == wire.TypeAck:
				out = again(out, &f, new(wire.Ack))
			case f.Type == wire.TypeWelcome:
				out = again(out, &f, new(wire.Welcome))
			case f.Type == wire.TypeInfo:
				out = again(out, &f, new(wire.Info))
			}
		}
	}
}

// again writes a frame as it came.
func again(out []byte, f *wire.Frame, m wire.Message) []byte {
	f.Decode(m)
	return wire.Append(out, f.Header, m)
}

// What is said before the firmware hears vanishes: it is said again.
func TestHelloIsSaidAgain(t *testing.T) {
	g := newRig(t)
	vanished := 0
	g.do(&g.toBoard, func(b []byte) []byte {
		if vanished < 3 {
			vanished++
			return nil
		}
		return b
	})
	if _, err := g.robot(quadruped(t)).Greet(); err != nil {
		t.Errorf("greet: %v", err)
	}
}

// Both sides name what they have when their schemas differ.
func TestAnotherSchemaIsNamed(t *testing.T) {
	g := newRig(t)
	g.do(&g.toBoard, rewrite(new(wire.Hello), func(m *wire.Hello) { m.Schema++ }))
	err := g.robot(quadruped(t)).Connect()
	if err == nil || !contains(err, `firmware "whisker 0.1" of robot "quadruped" has schema`) || !contains(err, `this program "test" has`) {
		t.Errorf("connect: %v", err)
	}
}

// Another program holds the robot, by way of another line of the same board.
func TestTwoHosts(t *testing.T) {
	g := newRig(t)
	h := wire.Header{Session: 0x63}
	g.do(&g.toBoard, func(b []byte) []byte { // before each of our frames come two of the other
		h.Seq += 2
		other := wire.Append(nil, h, &wire.Hello{Schema: wire.SchemaHash()})
		return append(other, b...)
	})
	err := g.robot(quadruped(t)).Connect()
	if err == nil || !contains(err, "another program has the robot (session 00000063)") {
		t.Errorf("connect: %v", err)
	}
}

// What hangs on the line is no robot.
func TestWrongDevice(t *testing.T) {
	for _, c := range []struct {
		name, want string
		says       []byte
	}{
		{"silence", "is silent at 921600 baud", nil},
		{"garbage", "does not answer hello", []byte("$GPGGA,123519,4807.038,N\x00\r\n\x00")},
		{"another version of the frame", "another version of the frame, want 1", otherVersion()},
	} {
		t.Run(c.name, func(t *testing.T) {
			master, slave, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer master.Close()
			g := &rig{t: t, dir: t.TempDir(), link: slave.Name()}
			r := g.robot(quadruped(t))
			slave.Close()
			stop := make(chan struct{})
			defer close(stop)
			go func() {
				for tick := time.NewTicker(20 * time.Millisecond); ; {
					select {
					case <-stop:
						tick.Stop()
						return
					case <-tick.C:
						master.Write(c.says)
					}
				}
			}()
			if err := r.Connect(); err == nil || !contains(err, c.want) {
				t.Errorf("connect: %v, want %q", err, c.want)
			}
		})
	}
}

// otherVersion is a query in a frame of layout version 2, with a right CRC.
func otherVersion() []byte {
	raw := append([]byte{2, byte(wire.TypeQuery)}, make([]byte, 14)...)
	raw = binary.LittleEndian.AppendUint32(raw, crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli)))
	out := []byte{0}
	for _, run := range bytes.Split(raw, []byte{0}) { // COBS
		out = append(append(out, byte(len(run)+1)), run...)
	}
	return append(out, 0)
}

func TestReadCalibrationRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.json")
	for _, c := range []struct{ text, want string }{
		{"", "is no calibration"},
		{"{}", "want uid and 1 to 12 joints"},
		{`{"uid":"1","joints":[{"name":"a","sign":2}]}`, "joint a has sign 2"},
		{`{"uid":"1","joints":[{"name":"a","sign":1,"offset_rad":9}]}`, "offset_rad 9"},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadCalibration(file); err == nil || !contains(err, c.want) {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := ReadCalibration(file + "x"); err == nil {
		t.Error("a file that is not there is read")
	}
}
