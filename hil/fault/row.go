package fault

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"whisker/policy/motion"
)

// Row is what became of a fault.
type Row struct {
	Clip     string `json:"clip"`
	Fault    Fault  `json:"fault"`
	Injected int    `json:"injected"` // frames, bits, ticks or once, as the kind has it
	// Guard, Agent (of a robot that is lent) and Firmware say what each stopped the
	// robot for, "" for nothing.
	Guard    string `json:"guard,omitempty"`
	Agent    string `json:"agent,omitempty"`
	Firmware string `json:"firmware,omitempty"`
	// Detected is from the beginning to the first of them, ms; Safe to the first
	// tick in which no motor could do more than resist. Null is never.
	Detected motion.Measure `json:"detected_ms"`
	Safe     motion.Measure `json:"safe_ms"`
	// Motion is the furthest that a joint went from where it was when the robot was
	// safe, and Speed the fastest that one turned, until the recovery began.
	Motion   motion.Measure `json:"largest_motion_rad"`
	Speed    motion.Measure `json:"largest_speed_rad_s"`
	Recovery string         `json:"recovery"`
	Verdict  string         `json:"verdict"` // ok, or what is wrong

	began            time.Duration
	on, safe, closed bool
	rested           bool // something else had stopped the robot when it began
	woke             bool // motors got torque again though nobody asked for it
	q                []float64
}

func newRow(f *Fault) Row {
	none := motion.Measure(math.NaN())
	return Row{Fault: *f, Detected: none, Safe: none, Motion: none, Speed: none}
}

func (r *Row) begin(now time.Duration, rests bool) { r.on, r.began, r.rested = true, now, rests }

// By says who stopped the robot.
func (r *Row) By() string {
	var who []string
	for _, w := range r.stopped() {
		who = append(who, w.who)
	}
	if who == nil {
		return "nobody"
	}
	return strings.Join(who, ", ")
}

// Why says what for.
func (r *Row) Why() string {
	var why []string
	for _, w := range r.stopped() {
		why = append(why, w.why)
	}
	return strings.Join(why, ", ")
}

type witness struct{ who, why string }

// stopped are those who stopped the robot.
func (r *Row) stopped() []witness {
	all := []witness{{"guard", r.Guard}, {"agent", r.Agent}, {"firmware", r.Firmware}}
	return slices.DeleteFunc(all, func(w witness) bool { return w.why == "" })
}

func ms(d time.Duration) motion.Measure {
	return motion.Measure(float64(d) / float64(time.Millisecond))
}

// Guard notes what the host's guard has stopped the robot for.
func (in *Injector) Guard(now time.Duration, why string) {
	in.notice(now, func(r *Row) *string { return &r.Guard }, why)
}

// Firmware notes what the firmware has stopped the robot for.
func (in *Injector) Firmware(now time.Duration, why string) {
	in.notice(now, func(r *Row) *string { return &r.Firmware }, why)
}

// Agent notes that a robot's agent stopped it at a time, for good, and how far and
// how fast a joint went afterwards, rad and rad/s.
func (in *Injector) Agent(now time.Duration, why string, moved, fastest float64) {
	in.notice(now, func(r *Row) *string { return &r.Agent }, why)
	for i := range in.rows {
		if r := &in.rows[i]; r.Agent != "" && !r.closed {
			r.safe, r.Safe = true, ms(now-r.began)
			r.Detected = min(r.Detected, r.Safe)
			r.Motion, r.Speed = motion.Measure(moved), motion.Measure(fastest)
			r.closed, r.Recovery = true, "none: the agent took the robot back"
		}
	}
}

func (in *Injector) notice(now time.Duration, by func(*Row) *string, why string) {
	for i := range in.rows {
		r := &in.rows[i]
		if !r.on || r.closed || r.rested || in.ended || now < r.began || *by(r) != "" {
			continue
		}
		if r.By() == "nobody" {
			r.Detected = ms(now - r.began)
		}
		*by(r) = why
	}
}

// Watch takes a tick of the plant: where its joints are and how fast, and whether
// its motors could do no more than resist in it.
func (in *Injector) Watch(now time.Duration, q, qd []float64, safe bool) {
	in.rests = safe
	for i := range in.rows {
		r := &in.rows[i]
		if !r.on || r.closed || r.rested || in.ended {
			continue
		}
		if safe && !r.safe {
			r.safe, r.Safe = true, ms(now-r.began)
			r.q = append(r.q[:0], q...)
			r.Motion, r.Speed = 0, 0
		}
		r.woke = r.woke || r.safe && !safe && !in.revives
		for j := range r.q {
			r.Motion = max(r.Motion, motion.Measure(math.Abs(q[j]-r.q[j])))
			r.Speed = max(r.Speed, motion.Measure(math.Abs(qd[j])))
		}
	}
}

// NoRoom notes that the recording found its disk full.
func (in *Injector) NoRoom() {
	for i := range in.rows {
		if r := &in.rows[i]; r.on && r.Fault.Kind == "disk full" {
			r.Injected = 1
		}
	}
}

// End ends the watch: what follows is the robot's own lying down.
func (in *Injector) End() { in.ended = true }

// Revives says whether somebody asks for torque again now.
func (in *Injector) Revives(now bool) { in.revives = now }

// Recovered closes the rows that were stopped, with how they went on.
func (in *Injector) Recovered(how string) {
	for i := range in.rows {
		if r := &in.rows[i]; r.on && !r.closed && r.By() != "nobody" {
			r.closed, r.Recovery = true, how
		}
	}
}

// Limits are what rows are judged by; zero is no bound.
type Limits struct {
	Safe   time.Duration // to the safe state, after a cause that has to stop the robot or what was detected
	Motion float64       // rad, after it
	Speed  float64       // rad/s, after it
	// Allowance is what a robot behind the broker may do without it: a stall has to
	// stop it Safe after that. 0 is a robot that is not behind it.
	Allowance time.Duration
}

// of are the limits of a fault: whether it has to stop the robot, and within what.
func (l *Limits) of(k *kind) (stops bool, within time.Duration) {
	if k.place == Broker && l.Allowance > 0 {
		return true, l.Safe + l.Allowance
	}
	return k.stops, l.Safe
}

// Rows ends the watch and judges every row. completed says that the clip was
// played to its end, though faults were in it.
func (in *Injector) Rows(clip string, completed bool, l Limits) []Row {
	for i := range in.rows {
		r := &in.rows[i]
		r.Clip = clip
		switch {
		case !r.on:
			r.Recovery = "never began: the clip ended before"
		case r.rested:
			r.Recovery = "began while the robot was stopped"
		case r.closed:
		case r.By() == "nobody" && completed:
			r.Recovery = "went on"
		case r.By() == "nobody":
			r.Recovery = "lost the clip"
		default:
			r.Recovery = "none before the end"
		}
		if r.safe && r.By() != "nobody" { // what is seen is told a little later
			r.Detected = min(r.Detected, r.Safe)
		}
		r.closed = true
		r.Verdict = r.judge(kindOf(r.Fault.Kind), completed, l)
	}
	return in.rows
}

func (r *Row) judge(k *kind, completed bool, l Limits) string {
	stops, within := l.of(k)
	late := r.Safe
	if !stops {
		late = r.Safe - r.Detected
	}
	if r.By() == "nobody" {
		late = 0
	}
	switch {
	case !r.on:
		return "not injected"
	case k.place == Storage && r.Injected == 0:
		return "not injected: nothing was written meanwhile"
	case r.Injected == 0:
		return "not injected: it changed nothing while it lasted"
	case r.rested:
		return "not judged: the robot was stopped before it began"
	case stops && r.By() == "nobody" && r.lasted(within):
		return "nobody noticed"
	case r.By() != "nobody" && !r.safe:
		return "never seen safe"
	case l.Safe > 0 && late > ms(within):
		return fmt.Sprintf("safe only after %.0f ms, %v is allowed", float64(late), within)
	case r.woke:
		return "motors got torque again, and nobody had asked for it"
	case l.Motion > 0 && r.Motion > motion.Measure(l.Motion):
		return fmt.Sprintf("a joint moved by %.3f rad, %.3g is allowed", float64(r.Motion), l.Motion)
	case l.Speed > 0 && r.Speed > motion.Measure(l.Speed):
		return fmt.Sprintf("a joint turned at %.2f rad/s, %.3g is allowed", float64(r.Speed), l.Speed)
	case r.By() == "nobody" && !completed:
		return "lost the clip, and nobody noticed"
	}
	return "ok"
}

// lasted says that a cause stood for longer than may be borne: a line that is cut
// for a moment stops nobody.
func (r *Row) lasted(within time.Duration) bool {
	return r.Fault.For == 0 || r.Fault.For > within.Seconds()
}
