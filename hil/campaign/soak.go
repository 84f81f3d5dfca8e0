package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"whisker/hil"
)

// Soak is what many hours of the rows of a plan, again and again, came to.
type Soak struct {
	Hours    float64  `json:"hours"`
	Robot    float64  `json:"robot_hours"` // by the clock of the robot
	Rows     int      `json:"rows"`
	Ticks    uint64   `json:"ticks"`  // of the control loop
	Missed   uint64   `json:"missed"` // periods
	Resets   int      `json:"resets"` // of the microcontroller
	Refused  uint64   `json:"frames_refused"`
	CRC      uint64   `json:"crc_errors"`
	Altered  uint64   `json:"altered_frames_accepted"`
	Memory   [2]int64 `json:"memory_bytes"` // resident, after the first round and at the end
	Files    [2]int   `json:"descriptors"`  // likewise
	Failures []string `json:"failures"`     // the first hundred
	Failed   int      `json:"failed_rows"`
}

// mostGrowth is how much more memory than after the first round is borne: what the
// collector has not yet given back.
const mostGrowth = 64 << 20

// Pass says that nothing failed, no altered frame was accepted, and neither memory
// nor descriptors grew.
func (s *Soak) Pass() bool {
	return s.Failed == 0 && s.Altered == 0 && s.Memory[1]-s.Memory[0] < mostGrowth && s.Files[1] <= s.Files[0]
}

// String is a line for people.
func (s *Soak) String() string {
	return fmt.Sprintf("%.2f h, %.2f h of the robot's: %d rows, %d failed; %d ticks, %d missed; %d resets; %d frames refused, %d for their CRC, %d altered ones accepted; memory %d to %d MB, descriptors %d to %d",
		s.Hours, s.Robot, s.Rows, s.Failed, s.Ticks, s.Missed, s.Resets, s.Refused, s.CRC, s.Altered, s.Memory[0]>>20, s.Memory[1]>>20, s.Files[0], s.Files[1])
}

// Run plays the rows of a plan one after the other, each round with other seeds and
// robots, at least one round and until span is over or ctx ends, which is an error in
// the first round. clips is a folder for what is played.
func (s *Soak) Run(ctx context.Context, p *Plan, clips string, span time.Duration, version string, log zerolog.Logger, told func(*Soak)) error {
	base := p.Scenario
	base.Clips = p.Clips
	paths, err := hil.WriteClips(base, filepath.Join(clips, "clips"), log)
	if err != nil {
		return err
	}
	rows := p.rows(paths)
	if _, err := p.check(rows, log); err != nil {
		return err
	}
	begin := time.Now()
	for n := 0; ctx.Err() == nil && (n < len(rows) || time.Since(begin) < span); n++ {
		r := rows[n%len(rows)]
		round := uint64(n / len(rows))
		r.scenario.Physics.RandomSeed += 1000 * round
		for i := range r.scenario.Faults {
			f := r.scenario.Faults[i]
			f.Seed += 1000 * round
			r.scenario.Faults[i] = f
		}
		result, err := hil.Run(ctx, r.scenario, version, zerolog.Nop())
		var refused *hil.OpenError
		if errors.As(err, &refused) {
			return err
		}
		if ctx.Err() != nil { // a row that was cut off is none
			break
		}
		s.add(&r, result, err)
		s.Hours = time.Since(begin).Hours()
		if n == len(rows)-1 {
			s.Memory[0], s.Files[0] = resident(), descriptors()
		}
		s.Memory[1], s.Files[1] = resident(), descriptors()
		if told != nil {
			told(s)
		}
	}
	if s.Files[0] == 0 {
		return fmt.Errorf("campaign: interrupted after %d of %d rows, before there was anything to compare memory with: %w", s.Rows, len(rows), ctx.Err())
	}
	return nil
}

func (s *Soak) add(r *row, result *hil.Result, err error) {
	why := result.Failures(&r.scenario)
	if err != nil {
		why = append(why, err.Error())
	}
	s.Rows++
	s.Ticks, s.Missed = s.Ticks+result.Loop.Ticks, s.Missed+result.Loop.Skipped
	s.Robot += float64(result.Loop.Ticks) * result.Loop.Period.Hours()
	s.Altered, s.Refused, s.CRC = s.Altered+result.Altered, s.Refused+result.Refused, s.CRC+result.CRC
	for _, f := range result.Faults {
		if k := f.Fault.Kind; k == "mcu hang" || k == "mcu reset" || k == "brown-out" {
			s.Resets += f.Injected
		}
	}
	if len(why) == 0 {
		return
	}
	if s.Failed++; len(s.Failures) < 100 {
		s.Failures = append(s.Failures, fmt.Sprintf("row %d, robot %d: %s", s.Rows, r.scenario.Physics.RandomSeed, strings.Join(why, "; ")))
	}
}

// resident is the memory of this program, bytes: proc(5), statm.
func resident() (n int64) {
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		var all int64
		fmt.Sscan(string(text), &all, &n)
	}
	return n * int64(os.Getpagesize())
}

// descriptors are the open ones.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
