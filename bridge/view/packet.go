package view

import (
	"encoding/binary"
	"math"
	"time"
)

// A packet is one snapshot for the page, little endian; view.js reads the same
// table. After the header come, as float32: frames (7 each), ghost and animal (7 a
// frame each, where flagged), joint positions, actuator positions, commanded positions, and
// where the body measures them the actuators' temperatures, °C.
//
//	offset  type      what
//	0       u32       version
//	4       u32       flags
//	8       f64 f64   tick, time s
//	24      u32 i32   mode, clip
//	32      i32 i32   frame of the clip, frames of the clip
//	40      u32 u32   values clamped, periods skipped, both since the start
//	48      u32 u32   fault bits, low and high
//	56      f32 x3    root error m, root error rad, mean frame error m; NaN without ghost
//	68      f32       voltage V
//	72      f32 x8    us: late, read, act, guard, write, greatest late, greatest work, age of state
//	104     u32 x40   histogram of lateness
//	264     u32 x40   histogram of work
const (
	packetVersion = 2
	packetHeader  = 424

	flagGhost  = 1
	flagPaused = 2
	flagAnimal = 4
)

var le = binary.LittleEndian

// appendPacket appends the packet of a snapshot to b.
func appendPacket(b []byte, s *snapshot, st *Status, root int, temperature bool) []byte {
	b = appendHeader(b, s, st)
	b = appendErrors(b, s, root)
	b = appendTiming(b, s)
	b = appendFloats(b, s.frames)
	if s.hasGhost {
		b = appendFloats(b, s.ghost)
	}
	if s.hasAnimal {
		b = appendFloats(b, s.animal)
	}
	b = appendFloats(b, s.sample.State.Pos)
	b = appendFloats(b, s.sample.State.ActPos)
	b = appendFloats(b, s.sample.Command.Pos)
	if temperature {
		b = appendFloats(b, s.sample.State.Temperature)
	}
	return b
}

func appendHeader(b []byte, s *snapshot, st *Status) []byte {
	var flags uint32
	if s.hasGhost {
		flags |= flagGhost
	}
	if s.hasAnimal {
		flags |= flagAnimal
	}
	if st.Paused {
		flags |= flagPaused
	}
	b = le.AppendUint32(b, packetVersion)
	b = le.AppendUint32(b, flags)
	b = le.AppendUint64(b, math.Float64bits(float64(s.sample.Tick)))
	b = le.AppendUint64(b, math.Float64bits(s.sample.State.Time.Seconds()))
	b = le.AppendUint32(b, uint32(s.sample.Mode))
	for _, v := range []int{st.Clip, st.Frame, st.Frames} {
		b = le.AppendUint32(b, uint32(int32(v)))
	}
	b = le.AppendUint32(b, uint32(s.clamped))
	b = le.AppendUint32(b, uint32(s.skipped))
	return le.AppendUint64(b, s.sample.State.Faults)
}

func appendErrors(b []byte, s *snapshot, root int) []byte {
	dist, angle, mean := math.NaN(), math.NaN(), math.NaN()
	if s.hasGhost && len(s.frames) > 0 {
		dist, angle, mean = poseErrors(s.frames, s.ghost, root)
	}
	return appendFloats(b, []float64{dist, angle, mean, s.sample.State.Voltage})
}

func appendTiming(b []byte, s *snapshot) []byte {
	t := &s.sample.Timing
	for _, d := range []time.Duration{t.Late, t.Read, t.Act, t.Guard, t.Write, s.late.max, s.work.max, s.sample.State.Age} {
		b = le.AppendUint32(b, math.Float32bits(float32(d.Seconds()*1e6)))
	}
	for _, h := range []*histogram{&s.late, &s.work} {
		for _, n := range h.counts {
			b = le.AppendUint32(b, n)
		}
	}
	return b
}

func appendFloats[F float32 | float64](b []byte, v []F) []byte {
	for _, x := range v {
		b = le.AppendUint32(b, math.Float32bits(float32(x)))
	}
	return b
}

// poseErrors compares two sets of poses: distance (m) and angle (rad) of the
// root frame, and the mean distance of all frames (m).
func poseErrors(a, b []float32, root int) (dist, angle, mean float64) {
	n := len(a) / 7
	for i := range n {
		mean += distance(a[7*i:], b[7*i:])
	}
	p, q := a[7*root:7*root+7], b[7*root:7*root+7]
	var dot float64
	for k := 3; k < 7; k++ {
		dot += float64(p[k]) * float64(q[k])
	}
	return distance(p, q), 2 * math.Acos(min(1, math.Abs(dot))), mean / float64(n)
}

func distance(a, b []float32) float64 {
	x, y, z := float64(a[0]-b[0]), float64(a[1]-b[1]), float64(a[2]-b[2])
	return math.Sqrt(x*x + y*y + z*z)
}
