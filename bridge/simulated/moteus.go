package simulated

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"whisker/bridge/moteus"
)

// Moteuses are controllers behind a CAN-FD adapter; see NewMoteuses. One alone may
// as well be on a UART.
type Moteuses struct {
	Devices []*Moteus
	// Plant is what the controllers turn together; nil is a shaft for each.
	Plant  Plant
	motors devices
	// checked says that the host has sent a checksum: from then on each line needs one.
	checked bool
	data    [moteus.MaxData]byte
}

// Moteus is one controller.
type Moteus struct {
	Shaft Shaft
	ID    byte
	// Model is register 0x100.
	Model uint32
	// Config are the values of its setup, by name.
	Config map[string]string
	// Registers are those that a host writes, and of those measured the constant ones.
	Registers map[uint32]float64
	// Silent controllers hear and do not answer, Garbled ones spoil their answers.
	Silent, Garbled bool
	// Fault, not 0, puts a controller into mode fault.
	Fault int

	boot   time.Time
	mode   moteus.Mode
	fed    time.Time // the last command
	output []byte    // of the diagnostic stream, not fetched yet
	packet byte      // number of what was fetched last, for the numbered poll
	sent   []byte    // what was fetched last
	input  []byte
}

// NewMoteuses makes controllers with ids 1 to n at 0, whose outputs are homed.
func NewMoteuses(n int) *Moteuses {
	b := &Moteuses{}
	for i := range n {
		b.Devices = append(b.Devices, &Moteus{
			Shaft: NewShaft(0), ID: byte(i + 1), boot: time.Now().Add(-time.Hour),
			Config:    map[string]string{"servo.pid_position.kp": "50.000000", "servo.pid_position.kd": "1.500000", "servo.default_timeout_s": "0.100000", "id.id": fmt.Sprint(i + 1)},
			Registers: map[uint32]float64{moteus.RegVoltage: 24, moteus.RegTemperature: 30, moteus.RegHomeState: 2, 0x101: 0x010400, 0x102: 5},
		})
	}
	return b
}

// Mode is what register 0 says.
func (m *Moteus) Mode() moteus.Mode { return m.mode }

// Torque says that the motor is driven.
func (m *Moteus) Torque() bool { return m.mode > moteus.ModeFault }

// Reset is a brown-out: the controller begins anew, stopped.
func (m *Moteus) Reset() { m.mode, m.boot = moteus.ModeStopped, time.Now() }

const turn = 2 * math.Pi

func (m *Moteus) config(key string) float64 {
	v, _ := strconv.ParseFloat(m.Config[key], 64)
	return v
}

// command is a register that a host may have written, or else what it means then.
func (m *Moteus) command(reg uint32, otherwise float64) float64 {
	if v, ok := m.Registers[reg]; ok {
		return v
	}
	return otherwise
}

// moteusQ is the torque constant, N·m/A.
const moteusQ = 0.1

// run moves the controllers up to now.
func (b *Moteuses) run(now time.Time) {
	for _, m := range b.Devices {
		b.motors.add(&m.Shaft, m.drive(now))
	}
	b.motors.advance(now, b.Plant)
}

// drive is what a controller does now.
func (m *Moteus) drive(now time.Time) law {
	timeout := m.command(moteus.RegCmdTimeout, 0)
	if timeout == 0 {
		timeout = m.config("servo.default_timeout_s")
	}
	if m.mode == moteus.ModePosition && !math.IsNaN(timeout) && now.Sub(m.fed).Seconds() > timeout {
		m.mode = moteus.ModeTimeout
	}
	if m.Fault != 0 {
		m.mode = moteus.ModeFault
	}
	kp, kd := m.config("servo.pid_position.kp")/turn, m.config("servo.pid_position.kd")/turn
	return func(pos, vel float64) float64 {
		switch m.mode {
		case 9: // current
			return moteusQ * m.command(0x01c, 0)
		case moteus.ModePosition:
			want := m.command(moteus.RegCmdPosition, 0)
			torque := kp*m.command(moteus.RegCmdKpScale, 1)*(want*turn-pos) +
				kd*m.command(moteus.RegCmdKdScale, 1)*(m.command(moteus.RegCmdVelocity, 0)*turn-vel) + m.command(moteus.RegCmdTorque, 0)
			if limit := m.command(moteus.RegCmdMaxTorque, math.NaN()); !math.IsNaN(limit) {
				torque = max(-limit, min(limit, torque))
			}
			return torque
		case moteus.ModeTimeout, 12, 15: // zero velocity, brake
			return -kd * vel
		}
		return 0
	}
}

// Take answers lines; see Bus.
func (b *Moteuses) Take(in []byte, now time.Time) (n int, answer []byte) {
	end := bytes.IndexAny(in, "\r\n")
	if end < 0 {
		return 0, nil
	}
	if end == 0 {
		return 1, nil
	}
	l, err := moteus.ParseLine(in[:end], b.data[:])
	switch {
	case err == moteus.ErrChecksum, err == nil && b.checked && !l.Checked:
		return end + 1, b.line(nil, &moteus.Line{Kind: moteus.Fail, Text: []byte("checksum")})
	case err != nil:
		return end + 1, b.line(nil, &moteus.Line{Kind: moteus.Fail, Text: []byte("unknown command")})
	}
	b.checked = b.checked || l.Checked
	answer = b.line(nil, &moteus.Line{Kind: moteus.OK})
	if l.Kind > moteus.SendExt {
		return end + 1, answer
	}
	b.run(now)
	for _, m := range b.Devices {
		if to := byte(l.Frame.ID & 0x7F); to != m.ID && to != 0 && to != 0x7F {
			continue
		}
		data := m.obey(l.Frame.Data, now)
		if l.Frame.ID&0x8000 == 0 || m.Silent {
			continue
		}
		reply := moteus.Line{Kind: moteus.Recv, Frame: moteus.Frame{ID: moteus.ID(m.ID, byte(l.Frame.ID>>8&0x7F), false), Data: data, BRS: moteus.On, FD: moteus.On}}
		at := len(answer)
		answer = b.line(answer, &reply)
		if m.Garbled {
			answer[at+len("rcv 100 ")] = '6' // no subframe begins so
		}
	}
	return end + 1, answer
}

func (b *Moteuses) line(dst []byte, l *moteus.Line) []byte {
	dst = moteus.AppendLine(dst, l, b.checked)
	return append(dst[:len(dst)-1], "\r\n"...)
}

// obey runs the subframes of a frame and returns those of the answer.
func (m *Moteus) obey(b []byte, now time.Time) (answer []byte) {
	for {
		s, n, err := moteus.Next(b)
		if err != nil || n == 0 {
			return answer
		}
		b = b[n:]
		switch s.Op {
		case moteus.Write:
			for i := range s.Values() {
				m.write(s.Reg+uint32(i), s.Value(i), now)
			}
		case moteus.Read:
			answer = append(answer, m.read(&s)...)
		case moteus.StreamWrite:
			m.input = append(m.input, s.Data...)
			m.console()
		case moteus.StreamPoll:
			n := min(len(m.output), int(s.Count))
			answer = moteus.Append(answer, &moteus.Subframe{Op: moteus.StreamReply, Reg: s.Reg, Data: m.output[:n]})
			m.output = m.output[n:]
		case moteus.StreamPollNumbered:
			answer = append(answer, m.numbered(&s)...)
		}
	}
}

// numbered repeats a packet until the host has said that it came.
func (m *Moteus) numbered(s *moteus.Subframe) []byte {
	if s.Packet == m.packet {
		n := min(len(m.output), int(s.Count))
		m.sent, m.output = m.output[:n], m.output[n:]
		m.packet++
	}
	return moteus.Append(nil, &moteus.Subframe{Op: moteus.StreamReplyNumbered, Reg: s.Reg, Packet: m.packet, Data: m.sent})
}

// write obeys a register. A mode begins a command: what it leaves out is as if
// never written.
func (m *Moteus) write(reg uint32, v float64, now time.Time) {
	switch {
	case reg == moteus.RegMode:
		m.begin(moteus.Mode(v), now)
	case reg == moteus.RegCmdPosition && math.IsNaN(v):
		m.Registers[reg] = m.Shaft.Pos / turn
	case reg == 0x130 || reg == 0x131:
		m.Shaft.Pos, m.Registers[moteus.RegHomeState] = v*turn, 2
	case reg >= 0x010 && reg < 0x050:
		m.Registers[reg] = v
	}
}

// begin changes the mode. Out of a fault or a timeout only a stop leads.
func (m *Moteus) begin(mode moteus.Mode, now time.Time) {
	if mode != moteus.ModeStopped && (m.mode == moteus.ModeFault || m.mode == moteus.ModeTimeout) {
		return
	}
	for reg := range m.Registers {
		if reg >= 0x010 && reg < 0x050 {
			delete(m.Registers, reg)
		}
	}
	m.mode, m.fed = mode, now
}

func (m *Moteus) read(s *moteus.Subframe) []byte {
	r := moteus.Subframe{Op: moteus.Reply, Res: s.Res, Reg: s.Reg}
	for reg := s.Reg; reg < s.Reg+s.Count; reg++ {
		r.Data = moteus.AppendValue(r.Data, reg, s.Res, m.register(reg))
	}
	return moteus.Append(nil, &r)
}

func (m *Moteus) register(reg uint32) float64 {
	switch reg {
	case moteus.RegMode:
		return float64(m.mode)
	case moteus.RegPosition:
		return m.Shaft.Pos / turn
	case moteus.RegVelocity:
		return m.Shaft.Vel / turn
	case moteus.RegTorque:
		return m.Shaft.Torque
	case moteus.RegQCurrent:
		return m.Shaft.Torque / moteusQ
	case moteus.RegFault:
		return float64(m.Fault)
	case moteus.RegUptime:
		return float64(int32(time.Since(m.boot).Milliseconds()))
	case moteus.RegModel:
		return float64(m.Model)
	case 0x110:
		return float64(m.ID)
	}
	return m.Registers[reg]
}

// console obeys lines of the diagnostic stream.
func (m *Moteus) console() {
	for {
		line, rest, ok := bytes.Cut(m.input, []byte("\n"))
		if !ok {
			return
		}
		m.input = rest
		word := strings.Fields(string(line))
		switch {
		case len(word) == 3 && word[0] == "conf" && word[1] == "get":
			if v, ok := m.Config[word[2]]; ok {
				m.output = append(m.output, v+"\r\nOK\r\n"...)
				continue
			}
			m.output = append(m.output, "ERR error reading "+word[2]+"\r\n"...)
		case len(word) == 4 && word[0] == "conf" && word[1] == "set":
			m.Config[word[2]] = word[3]
			m.output = append(m.output, "OK\r\n"...)
		case string(line) == "d stop":
			m.mode = moteus.ModeStopped
			m.output = append(m.output, "OK\r\n"...)
		case string(line) == "tel stop":
			m.output = append(m.output, "OK\r\n"...)
		default:
			m.output = append(m.output, "ERR unknown command\r\n"...)
		}
	}
}
