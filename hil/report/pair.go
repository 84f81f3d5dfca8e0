package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"whisker/controller"
)

// stretch is one pass that two recordings share: as many ticks of each, with the
// same numbers.
type stretch struct {
	clip string
	a, b []*controller.Sample
	pass [2]int // which pass of each it is
}

// shared is what two recordings have in common, and what they lack.
type shared struct {
	body      *controller.Body // of the first
	stretches []stretch
	gaps      [2]int // ticks missing inside of passes
	cut       int    // ticks at the ends that one pass has and the other lacks
	unmatched []string
	commands  float64 // largest difference of commanded positions, rad
}

// align matches the passes of two recordings by clip and start frame, in order,
// and their ticks by number.
func align(a, b *recording) (*shared, error) {
	if err := sameBody(a, b); err != nil {
		return nil, err
	}
	s := &shared{body: a.header.Body}
	used := make([]bool, len(b.passes))
	for i := range a.passes {
		p := &a.passes[i]
		j := slices.IndexFunc(b.passes, func(q pass) bool { return q.clip == p.clip && q.start == p.start })
		for j >= 0 && used[j] {
			k := slices.IndexFunc(b.passes[j+1:], func(q pass) bool { return q.clip == p.clip && q.start == p.start })
			if k < 0 {
				j = -1
				break
			}
			j += 1 + k
		}
		if j < 0 {
			s.unmatched = append(s.unmatched, p.clip+" is only in "+a.name())
			continue
		}
		used[j] = true
		s.match(p, &b.passes[j], [2]int{i, j})
	}
	for j := range b.passes {
		if !used[j] {
			s.unmatched = append(s.unmatched, b.passes[j].clip+" is only in "+b.name())
		}
	}
	if len(s.stretches) == 0 {
		return nil, fmt.Errorf("report: %s and %s have no tick in common: the first has the passes %s, the second %s", a.path, b.path, a.describe(), b.describe())
	}
	return s, nil
}

// describe lists the passes with their ticks.
func (rec *recording) describe() string {
	var names []string
	for i := range rec.passes {
		p := &rec.passes[i]
		if n := len(p.samples); n > 0 {
			names = append(names, fmt.Sprintf("%s (ticks %d to %d)", p.clip, p.samples[0].Tick, p.samples[n-1].Tick))
		}
	}
	return strings.Join(names, ", ")
}

// match walks two passes by the number of their ticks.
func (s *shared) match(a, b *pass, at [2]int) {
	t := stretch{clip: a.clip, pass: at}
	i, j := 0, 0
	for i < len(a.samples) && j < len(b.samples) {
		x, y := &a.samples[i], &b.samples[j]
		switch {
		case x.Tick-a.base < y.Tick-b.base:
			i++
		case x.Tick-a.base > y.Tick-b.base:
			j++
		default:
			t.a, t.b = append(t.a, x), append(t.b, y)
			for k := range x.Command.Pos {
				s.commands = math.Max(s.commands, math.Abs(x.Command.Pos[k]-y.Command.Pos[k]))
			}
			i, j = i+1, j+1
		}
	}
	if len(t.a) < 2 {
		return
	}
	s.gaps[0] += gaps(a.samples)
	s.gaps[1] += gaps(b.samples)
	last := func(p *pass) uint64 { return p.samples[len(p.samples)-1].Tick - p.base }
	first := func(p *pass) uint64 { return p.samples[0].Tick - p.base }
	s.cut += int(max(last(a), last(b)) - min(last(a), last(b)) + max(first(a), first(b)) - min(first(a), first(b)))
	s.stretches = append(s.stretches, t)
}

// gaps counts the ticks that are missing between the first and the last.
func gaps(x []controller.Sample) int {
	return int(x[len(x)-1].Tick-x[0].Tick) + 1 - len(x)
}

// ticks counts those in common.
func (s *shared) ticks() (n int) {
	for i := range s.stretches {
		n += len(s.stretches[i].a)
	}
	return n
}

// sameBody refuses recordings of two robots, naming the first difference. What
// a robot measures and how it is guarded may differ: a simulation lacks a battery.
func sameBody(a, b *recording) error {
	x, y := a.header.Body, b.header.Body
	why := ""
	switch {
	case len(x.Joints) == 0:
		return fmt.Errorf("report: %s is of %s, which has no joint to compare", a.path, x.Name)
	case x.Name != y.Name:
		why = fmt.Sprintf("%s and %s", x.Name, y.Name)
	case x.Period != y.Period:
		why = fmt.Sprintf("%s at periods of %v and %v", x.Name, x.Period, y.Period)
	case len(x.Joints) != len(y.Joints):
		why = fmt.Sprintf("%s with %d and %d joints", x.Name, len(x.Joints), len(y.Joints))
	case len(x.Actuators) != len(y.Actuators):
		why = fmt.Sprintf("%s with %d and %d actuators", x.Name, len(x.Actuators), len(y.Actuators))
	default:
		for i := range x.Joints {
			if x.Joints[i].Name != y.Joints[i].Name {
				why = fmt.Sprintf("%s, whose joint %d is %s and %s", x.Name, i, x.Joints[i].Name, y.Joints[i].Name)
				break
			}
		}
		for i := range x.Actuators {
			if u, v := &x.Actuators[i], &y.Actuators[i]; why == "" && (u.Name != v.Name || u.Joint != v.Joint) {
				why = fmt.Sprintf("%s, whose actuator %d is %s (of joint %d) and %s (of joint %d)", x.Name, i, u.Name, u.Joint, v.Name, v.Joint)
			}
		}
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("report: %s and %s are of different bodies: %s; give two recordings of one robot", a.path, b.path, why)
}
