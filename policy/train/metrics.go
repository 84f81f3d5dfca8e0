package train

import (
	"fmt"
	"os"
	"time"
)

// stats describes the last update.
type stats struct {
	episodes           int
	meanLength         float64 // s
	completed          float64 // share of the possible steps
	reward             float64
	kl, lossV          float64
	latentKL           float64
	simTime, learnTime time.Duration
}

// gather takes in what the workers saw, and teaches the sampler.
func (s *stats) gather(l *learner, took time.Duration) {
	var t tally
	for _, w := range l.workers {
		t.episodes += w.seen.episodes
		t.steps += w.seen.steps
		t.possible += w.seen.possible
		t.reward += w.seen.reward
		for _, d := range w.seen.done {
			l.sampler.learn(d.at, d.lasted, d.possible)
		}
	}
	s.episodes, s.simTime = t.episodes, took
	s.reward = t.reward / float64(l.batch.size())
	if t.episodes > 0 {
		s.meanLength = float64(t.steps) / float64(t.episodes) * l.contract.Period.Seconds()
		s.completed = float64(t.steps) / float64(t.possible)
	}
}

// progress is a line for people.
func (l *learner) progress() string {
	s := &l.stats
	rate := float64(l.s.Transitions-l.from) / time.Since(l.began).Seconds()
	left := time.Duration(float64(l.c.Transitions-l.s.Transitions) / rate * float64(time.Second))
	return fmt.Sprintf("%9d transitions  %5.0f/s  left %-8s episode %5.2f s (%2.0f %% of possible)  reward %.3f  kl %.4f  rate %.1e  noise %.3f  value loss %.4f  latent %.1f  sim %.2fs learn %.2fs",
		l.s.Transitions, rate, left.Round(time.Second), s.meanLength, 100*s.completed, s.reward, s.kl, l.s.Rate, l.noise(), s.lossV, s.latentKL, s.simTime.Seconds(), s.learnTime.Seconds())
}

// metrics writes a CSV line per update.
type metrics struct{ f *os.File }

func openMetrics(path string, more bool) (*metrics, error) {
	if path == "" {
		return &metrics{}, nil
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if more {
		flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return nil, fmt.Errorf("train: metrics: %w", err)
	}
	if !more {
		_, err = fmt.Fprintln(f, "update,transitions,episode_s,completed,reward,kl,value_loss,latent_kl,rate,noise,sim_s,learn_s")
	}
	return &metrics{f}, err
}

func (m *metrics) line(l *learner) error {
	if m.f == nil {
		return nil
	}
	s := &l.stats
	_, err := fmt.Fprintf(m.f, "%d,%d,%.4f,%.4f,%.5f,%.6f,%.6f,%.4f,%.3e,%.4f,%.3f,%.3f\n", l.s.Update, l.s.Transitions, s.meanLength, s.completed, s.reward, s.kl, s.lossV, s.latentKL, l.s.Rate, l.noise(), s.simTime.Seconds(), s.learnTime.Seconds())
	return err
}

func (m *metrics) close() error {
	if m.f == nil {
		return nil
	}
	return m.f.Close()
}
