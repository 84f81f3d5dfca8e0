package train

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
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
		for _, seen := range w.seen {
			t.episodes += seen.episodes
			t.steps += seen.steps
			t.possible += seen.possible
			t.reward += seen.reward
			for _, d := range seen.done {
				l.sampler.learn(d.at, d.lasted, d.possible)
			}
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

// metricsHeader names the columns of a metrics file.
const metricsHeader = "update,transitions,episode_s,completed,reward,kl,value_loss,latent_kl,rate,noise,sim_s,learn_s"

// metrics writes a CSV line per update.
type metrics struct{ f *os.File }

// openMetrics begins the file anew; a run that goes on after some updates keeps their rows.
func openMetrics(path string, updates int) (*metrics, error) {
	if path == "" {
		return &metrics{}, nil
	}
	var rows []string
	if updates > 0 {
		var err error
		if rows, err = rowsUpTo(path, updates); err != nil {
			return nil, fmt.Errorf("train: metrics: %w", err)
		}
	}
	err := replace(path, func(w io.Writer) error {
		_, err := io.WriteString(w, metricsHeader+"\n"+strings.Join(rows, ""))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("train: metrics: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("train: metrics: %w", err)
	}
	return &metrics{f}, nil
}

// rowsUpTo reads the rows of a metrics file up to an update. A killed run leaves rows of
// updates that are done again, and half a row at the end: of rows for the same update the
// last counts, half ones do not.
func rowsUpTo(path string, update int) (rows []string, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines := strings.SplitAfter(string(text), "\n")
	lines = lines[:len(lines)-1] // what has no end was cut off
	if len(lines) == 0 {
		return nil, nil
	}
	if first := strings.TrimSuffix(lines[0], "\n"); first != metricsHeader {
		return nil, fmt.Errorf("%s:1: %.80q, expected the header %s; move the file away to begin a new one", path, first, metricsHeader)
	}
	next := update + 1
	for _, line := range slices.Backward(lines[1:]) {
		at, rest, _ := strings.Cut(line, ",")
		n, err := strconv.Atoi(at)
		if err == nil && n < next && strings.Count(rest, ",") == strings.Count(metricsHeader, ",")-1 {
			rows, next = append(rows, line), n
		}
	}
	slices.Reverse(rows)
	return rows, nil
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
