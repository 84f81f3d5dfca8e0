package identify

import (
	"fmt"
	"math"
)

// Score is how well a body replays a log.
type Score struct {
	Log      string       `json:"log"`
	Robot    string       `json:"robot"`
	Seconds  float64      `json:"duration_s"`
	Unscored float64      `json:"unscored_s"`
	Joints   []JointScore `json:"joints"`
	Mean     float64      `json:"rmse_mean_rad"`
	Worst    float64      `json:"rmse_worst_rad"`
	// CommandMean is the error of taking the command as the prediction.
	CommandMean float64 `json:"command_rmse_mean_rad"`
}

// JointScore is one joint's.
type JointScore struct {
	Name    string  `json:"name"`
	RMSE    float64 `json:"rmse_rad"`
	MAE     float64 `json:"mae_rad"`
	Max     float64 `json:"max_rad"`
	Command float64 `json:"command_rmse_rad"`
	// Without is the error without the joint's network, where it has one.
	Without *float64 `json:"without_network_rmse_rad,omitempty"`
}

// Check replays the log's commands through the body, open loop, with no fitting:
// from the log's first position to its end without resets. The first 0.3 s are
// not scored. Every joint of the body must be in the log.
func Check(b *Body, l *Log) (*Score, error) { return CheckFrom(b, l, 0) }

// CheckFrom scores only what comes after the time from, s, of the same replay.
func CheckFrom(b *Body, l *Log, from float64) (*Score, error) {
	s := &Score{Log: l.Name, Robot: b.Robot, Seconds: l.Duration(), Unscored: max(unscored, from)}
	if l.Duration() <= s.Unscored {
		return nil, fmt.Errorf("identify: %s: %.3g s long, want more than the %.3g s that are not scored", l.Name, l.Duration(), s.Unscored)
	}
	if err := b.suits(l); err != nil {
		return nil, err
	}
	out, err := b.replay(l, false)
	if err != nil {
		return nil, err
	}
	for i := range b.Joints {
		s.add(b.Joints[i].Name, b.track(l, i), out[i])
	}
	if !b.Learned() {
		return s, s.check()
	}
	if out, err = b.replay(l, true); err != nil {
		return nil, err
	}
	with := &Score{Log: s.Log, Robot: s.Robot, Seconds: s.Seconds, Unscored: s.Unscored}
	for i := range b.Joints {
		with.add(b.Joints[i].Name, b.track(l, i), out[i])
		if b.Joints[i].Network != nil {
			with.Joints[i].Without = &s.Joints[i].RMSE
		}
	}
	return with, with.check()
}

// check finds a replay that a body's numbers let grow without end.
func (s *Score) check() error {
	for i := range s.Joints {
		if x := s.Joints[i].RMSE; x-x != 0 {
			return fmt.Errorf("identify: %s: joint %s: the replay does not stay finite: its numbers in the body of %s are no motor's", s.Log, s.Joints[i].Name, s.Robot)
		}
	}
	return nil
}

// suits finds what keeps a log from being replayed through the body.
func (b *Body) suits(l *Log) error {
	if b.Model != nil && b.Model.links == nil {
		return fmt.Errorf("identify: the body of %s was identified with the model %s (hash %.12s): give that model", b.Robot, b.Model.File, b.Model.Hash)
	}
	for i := range b.Joints {
		for _, name := range append([]string{b.Joints[i].Name}, b.Joints[i].Coupled...) {
			if l.joint(name) < 0 {
				return fmt.Errorf("identify: %s: no joint %s of body %s; the log has %v", l.Name, name, b.Robot, l.Joints)
			}
		}
	}
	return nil
}

// track is joint i's part of a log.
func (b *Body) track(l *Log, i int) *track {
	j := &b.Joints[i]
	return newTrack(l, l.joint(j.Name), j.Coupled, b.ServoKp, b.Volts)
}

// replay is where a log's commands take every joint at every sample, rad: joint by
// joint, or with a model all together; with the networks that were learned, or
// without.
func (b *Body) replay(l *Log, learned bool) ([][]float64, error) {
	tracks := make([]*track, len(b.Joints))
	for i := range b.Joints {
		j := &b.Joints[i]
		tracks[i] = b.track(l, i)
		if j.Network == nil || !learned {
			continue
		}
		var err error
		if tracks[i].learned, err = j.Network.memory(l); err != nil {
			return nil, fmt.Errorf("identify: %s: joint %s: %w", l.Name, j.Name, err)
		}
	}
	out := make([][]float64, len(b.Joints))
	for i := range out {
		out[i] = make([]float64, len(l.Time))
	}
	if b.Model != nil {
		return out, b.together(tracks, out)
	}
	for i, t := range tracks {
		v := b.Joints[i].values()
		replay(b.Law, &v, t, out[i], nil)
	}
	return out, nil
}

// rescore puts the errors of a replay of all joints together, where there is a model
// for that, in the place of those of each alone.
func (b *Body) rescore(logs []*Log) error {
	if b.Model == nil {
		return nil
	}
	sum, rows := make([]float64, len(b.Joints)), 0
	for _, l := range logs {
		out, err := b.replay(l, true)
		if err != nil {
			return err
		}
		first := scoredFrom(l.Time)
		rows += len(l.Time) - first
		for j := range b.Joints {
			for i, q := range l.Position[l.joint(b.Joints[j].Name)][first:] {
				e := out[j][first+i] - q
				sum[j] += e * e
			}
		}
	}
	for j := range b.Joints {
		to := &b.Joints[j].RMSE
		if n := b.Joints[j].Network; n != nil {
			to = &n.RMSE
		}
		*to = math.Sqrt(sum[j] / float64(rows))
	}
	return nil
}

func (s *Score) add(name string, t *track, out []float64) {
	j, n := JointScore{Name: name}, 0.0
	for i := range out {
		if t.time[i]-t.time[0] < s.Unscored {
			continue
		}
		e, c := math.Abs(out[i]-t.pos[i]), t.cmd[i]-t.pos[i]
		j.RMSE, j.MAE, j.Max, j.Command, n = j.RMSE+e*e, j.MAE+e, max(j.Max, e), j.Command+c*c, n+1
	}
	j.RMSE, j.MAE, j.Command = math.Sqrt(j.RMSE/n), j.MAE/n, math.Sqrt(j.Command/n)
	s.Joints = append(s.Joints, j)
	k := float64(len(s.Joints))
	s.Mean += (j.RMSE - s.Mean) / k
	s.CommandMean += (j.Command - s.CommandMean) / k
	s.Worst = max(s.Worst, j.RMSE)
}
