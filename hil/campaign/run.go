package campaign

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/hil"
	"whisker/hil/fault"
	"whisker/policy/motion"
)

// Row is a run and what became of it.
type Row struct {
	Key      string         `json:"key"`
	Clip     string         `json:"clip"`
	Fault    string         `json:"fault"`
	Seed     uint64         `json:"seed"`
	Draw     int            `json:"draw"`
	Pass     bool           `json:"pass"`
	Failures []string       `json:"failures,omitempty"`
	JointRMS motion.Measure `json:"joint_rms_rad"` // to the clip
	Played   bool           `json:"played"`
	Faults   []fault.Row    `json:"faults,omitempty"`
	Altered  uint64         `json:"altered_frames_accepted"`
	Latency  *hil.Latency   `json:"latency,omitempty"`
}

// Report is a campaign, as far as it was played.
type Report struct {
	Target  string `json:"target"`
	Version string `json:"version"`
	Pass    bool   `json:"pass"`         // all rows of the plan were played, and pass
	Planned int    `json:"rows_planned"` // more than Rows in one that was interrupted
	Rows    []Row  `json:"rows"`
}

// Interrupted says that rows of the plan were not played.
func (r *Report) Interrupted() bool { return len(r.Rows) < r.Planned }

// Failed counts the rows that do not pass.
func (r *Report) Failed() (n int) {
	for _, row := range r.Rows {
		if !row.Pass {
			n++
		}
	}
	return n
}

// Progress is told after every row, by one at a time.
type Progress func(done, of int, left time.Duration)

// Run plays what is not yet in dir, as many rows at once as there are cores, and
// writes campaign.json and campaign.html there. When ctx ends, what is done stays.
func Run(ctx context.Context, p *Plan, dir, version string, log zerolog.Logger, told Progress) (*Report, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("campaign: %w", err)
	}
	base := p.Scenario
	base.Clips = p.Clips
	clips, err := hil.WriteClips(base, filepath.Join(dir, "clips"), log)
	if err != nil {
		return nil, err
	}
	rows := p.rows(clips)
	model, err := p.check(rows, log)
	if err != nil {
		return nil, err
	}
	build := p.build(version, model)
	for i := range rows {
		rows[i].build = build
	}
	store, err := open(filepath.Join(dir, "rows.jsonl"))
	if err != nil {
		return nil, err
	}
	defer store.f.Close()
	if err := play(ctx, rows, store, version, told); err != nil {
		return nil, err
	}
	r := &Report{Target: p.Target, Version: version, Planned: len(rows)}
	for i := range rows {
		row, ok := store.done[rows[i].key()]
		if ok {
			r.Rows = append(r.Rows, row)
		}
	}
	r.Pass = !r.Interrupted() && r.Failed() == 0
	if err := r.write(dir); err != nil || !r.Interrupted() {
		return r, err
	}
	return r, fmt.Errorf("campaign: interrupted after %d of %d rows: %w", len(r.Rows), r.Planned, ctx.Err())
}

// check refuses a plan of which a row could not run, or whose faults the target cannot
// have. It returns the hash of the body's model.
func (p *Plan) check(rows []row, log zerolog.Logger) (model string, err error) {
	for i := range rows {
		if err := rows[i].scenario.Check(); err != nil {
			return "", err
		}
	}
	all := rows[0].scenario
	all.Faults = p.Faults
	return hil.Ready(all, log)
}

func play(ctx context.Context, rows []row, store *store, version string, told Progress) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	begin, played, done := time.Now(), 0, 0
	for i := range rows {
		if store.has(rows[i].key()) {
			done++
		}
	}
	for i := range rows {
		r := &rows[i]
		if store.has(r.key()) || ctx.Err() != nil {
			continue
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			row, err := one(ctx, r, version)
			if err != nil || ctx.Err() != nil {
				return err
			}
			return store.put(row, func() {
				played, done = played+1, done+1
				if told != nil {
					told(done, len(rows), time.Since(begin)/time.Duration(played)*time.Duration(len(rows)-done))
				}
			})
		})
	}
	return group.Wait()
}

// one plays a row. What its scenario is refused for ends the campaign; what goes
// wrong in it is its verdict.
func one(ctx context.Context, r *row, version string) (Row, error) {
	row := Row{Key: r.key(), Clip: clipName(r.clip), Fault: r.fault, Seed: r.seed, Draw: r.draw}
	result, err := hil.Run(ctx, r.scenario, version, zerolog.Nop())
	var refused *hil.OpenError
	if errors.As(err, &refused) {
		return row, err
	}
	if err != nil {
		row.Failures = append(row.Failures, err.Error())
	}
	row.Failures = append(row.Failures, result.Failures(&r.scenario)...)
	row.Pass = len(row.Failures) == 0
	row.Faults, row.Altered, row.Latency = result.Faults, result.Altered, result.Latency
	for _, c := range result.Clips {
		row.JointRMS, row.Played = c.LimbJointRMS, c.Played
	}
	return row, nil
}

func clipName(path string) string {
	name := filepath.Base(path)
	return name[:len(name)-len(filepath.Ext(name))]
}

// store keeps rows in a file, a line each, as they are done.
type store struct {
	mu   sync.Mutex
	f    *os.File
	done map[string]Row
}

// open reads what is there. A last line that was cut off is done again.
func open(path string) (*store, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("campaign: %w", err)
	}
	s := &store{f: f, done: map[string]Row{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r Row
		if json.Unmarshal(lines.Bytes(), &r) == nil && r.Key != "" {
			s.done[r.Key] = r
		}
	}
	if err := lines.Err(); err != nil {
		f.Close()
		return nil, fmt.Errorf("campaign: %s: %w", path, err)
	}
	return s, nil
}

func (s *store) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.done[key]
	return ok
}

// put keeps a row; then is called by one at a time.
func (s *store) put(r Row, then func()) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("campaign: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[r.Key] = r
	if _, err := s.f.Write(append([]byte("\n"), b...)); err != nil {
		return fmt.Errorf("campaign: %w", err)
	}
	then()
	return nil
}
