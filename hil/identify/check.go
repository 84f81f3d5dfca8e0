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
	for i := range b.Joints {
		j := &b.Joints[i]
		for _, name := range append([]string{j.Name}, j.Coupled...) {
			if l.joint(name) < 0 {
				return nil, fmt.Errorf("identify: %s: no joint %s of body %s; the log has %v", l.Name, name, b.Robot, l.Joints)
			}
		}
		v, t := j.values(), newTrack(l, l.joint(j.Name), j.Coupled, b.ServoKp, b.Volts)
		out := make([]float64, len(t.time))
		replay(b.Law, &v, t, out, nil)
		s.add(j.Name, t, out)
		if j.Network == nil {
			continue
		}
		var err error
		if t.learned, err = j.Network.memory(l); err != nil {
			return nil, fmt.Errorf("identify: %s: joint %s: %w", l.Name, j.Name, err)
		}
		replay(b.Law, &v, t, out, nil)
		s.learned(t, out)
	}
	return s, nil
}

// learned puts the replay with a network in the place of the one without, for the
// joint that was added last.
func (s *Score) learned(t *track, out []float64) {
	with := Score{Unscored: s.Unscored}
	j := &s.Joints[len(s.Joints)-1]
	with.add(j.Name, t, out)
	without := j.RMSE
	*j = with.Joints[0]
	j.Without = &without
	s.Mean, s.Worst = 0, 0
	for i := range s.Joints {
		s.Mean += s.Joints[i].RMSE / float64(len(s.Joints))
		s.Worst = max(s.Worst, s.Joints[i].RMSE)
	}
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
