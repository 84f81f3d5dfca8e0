package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// TestTheReferenceQuadrupedEndToEnd is the short form of make hil: clips of the rat
// through loop, line, firmware and a plant that is not the policy's, with and
// without faults, and every number of the plans kept.
func TestTheReferenceQuadrupedEndToEnd(t *testing.T) {
	for _, name := range []string{"air", "moments", "ground", "qemu", "stand-qemu"} {
		t.Run(name, func(t *testing.T) {
			p, err := Read("plans/" + name + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			p.Draws = min(p.Draws, 1)
			r, err := Run(context.Background(), p, t.TempDir(), "test", zerolog.Nop(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := len(p.Clips) * (1 + len(p.Faults)) * max(1, p.Draws); len(r.Rows) != want {
				t.Errorf("%d rows, want %d", len(r.Rows), want)
			}
			stopped := 0
			for _, row := range r.Rows {
				if !row.Pass {
					t.Errorf("%s, %s: %q", row.Clip, row.Fault, row.Failures)
				}
				for _, f := range row.Faults {
					if f.By() != "nobody" {
						stopped++
					}
				}
			}
			if stopped < 2 {
				t.Errorf("%d rows stopped the robot", stopped)
			}
			var table strings.Builder
			if err := r.Table(&table); err != nil {
				t.Fatal(err)
			}
			t.Log("\n" + table.String())
		})
	}
}

func plan(t *testing.T, text string) (*Plan, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "campaign.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Read(file)
}

const small = `target: sim
clips: [stand]
seeds: [1, 2]
draws: 2
scenario: {robot: quadruped, policy: none, seconds: 0.6, physics: {randomise: default}, gates: {safe_ms: 102}}
faults:
  - {at_s: 0.1, fault: encoder noise, target: FR_calf_joint, magnitude: 0.01}
  - {at_s: 0.1, fault: encoder jump, target: FR_calf_joint, magnitude: 2}
`

func TestACampaignGoesOnWhereItWasAndTellsOfFailures(t *testing.T) {
	p, err := plan(t, small)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	begun := 0
	cut, err := Run(ctx, p, dir, "test", zerolog.Nop(), func(n, of int, _ time.Duration) {
		if begun = n; n == 3 {
			cancel()
		}
	})
	if err == nil || begun < 3 || begun > 6 || !strings.Contains(err.Error(), fmt.Sprintf("interrupted after %d of 10 rows", begun)) {
		t.Fatalf("%d rows before it was interrupted, error %v", begun, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "campaign.json"))
	if err == nil {
		err = json.Unmarshal(text, cut)
	}
	if err != nil || cut.Pass || cut.Planned != 10 || len(cut.Rows) != begun || cut.Failed() != 0 {
		t.Errorf("the JSON of an interrupted campaign: %v, pass %v, %d of %d rows", err, cut.Pass, len(cut.Rows), cut.Planned)
	}
	page, err := os.ReadFile(filepath.Join(dir, "campaign.html"))
	if err != nil || strings.Contains(string(page), "Campaign: passed") || !strings.Contains(string(page), fmt.Sprintf("<title>Campaign: interrupted after %d of 10 rows", begun)) {
		t.Errorf("the page of an interrupted campaign: %v\n%.300s", err, page)
	}
	f, err := os.OpenFile(filepath.Join(dir, "rows.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("\n{\"key\": \"cut o")
	f.Close()
	first := 0
	r, err := Run(context.Background(), p, dir, "test", zerolog.Nop(), func(n, of int, _ time.Duration) {
		if first == 0 {
			first = n
		}
		if of != 10 {
			t.Errorf("of %d rows", of)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Pass || len(r.Rows) != 10 || first != begun+1 {
		t.Errorf("%d rows; it went on with row %d, had %d", len(r.Rows), first, begun)
	}
	keys := map[string]bool{}
	for _, row := range r.Rows {
		keys[row.Key] = true
	}
	if len(keys) != 10 {
		t.Errorf("%d different rows", len(keys))
	}
	played := 0
	if _, err := Run(context.Background(), p, dir, "another", zerolog.Nop(), func(n, of int, _ time.Duration) {
		if played++; n != played || of != 10 {
			t.Errorf("%d of %d rows are done after %d", n, of, played)
		}
	}); err != nil || played != 10 {
		t.Errorf("another program played %d rows: %v", played, err)
	}
	p.Scenario.Gates.SafeMs = 1e-3
	if r, err = Run(context.Background(), p, dir, "test", zerolog.Nop(), nil); err != nil || r.Pass || r.Failed() != 4 {
		t.Errorf("without time to be safe in, %d rows fail: %v", r.Failed(), err)
	}
	page, err = os.ReadFile(filepath.Join(dir, "campaign.html"))
	if err != nil || !strings.Contains(string(page), "4 of 10 rows failed") || strings.Contains(string(page), "http") {
		t.Errorf("the page: %v\n%.300s", err, page)
	}
	var again Report
	text, err = os.ReadFile(filepath.Join(dir, "campaign.json"))
	if err == nil {
		err = json.Unmarshal(text, &again)
	}
	if err != nil || again.Failed() != 4 {
		t.Errorf("the JSON: %v", err)
	}
}

// Clips of two folders that share a name are two clips, and a file that has changed is
// played anew.
func TestACampaignPlaysWhatItsFilesHold(t *testing.T) {
	dir, at := t.TempDir(), t.TempDir()
	write := func(folder, clip string) string {
		file := filepath.Join(dir, folder, "x.csv")
		text, err := os.ReadFile("../../policy/motion/clips/" + clip + ".csv")
		if err == nil {
			err = errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, text, 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	ranges := filepath.Join(dir, "ranges.yaml")
	draw := func(delay string) {
		if err := os.WriteFile(ranges, []byte("delay_ms: ["+delay+", "+delay+"]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	draw("0")
	p, err := plan(t, fmt.Sprintf("target: sim\nclips: [%s, %s]\nscenario: {robot: quadruped, policy: none, seconds: 0.6, physics: {randomise: %s}}\n",
		write("a", "stand"), write("b", "turn"), ranges))
	if err != nil {
		t.Fatal(err)
	}
	play := func() (rms [2]float64, played int) {
		r, err := Run(context.Background(), p, at, "test", zerolog.Nop(), func(int, int, time.Duration) { played++ })
		if err != nil || len(r.Rows) != 2 {
			t.Fatalf("%+v, %v", r, err)
		}
		return [2]float64{float64(r.Rows[0].JointRMS), float64(r.Rows[1].JointRMS)}, played
	}
	first, n := play()
	if n != 2 || first[0] == first[1] {
		t.Errorf("%d rows, joints off by %v: want two clips", n, first)
	}
	write("a", "walk")
	if rms, n := play(); n != 1 || rms[0] == first[0] || rms[1] != first[1] {
		t.Errorf("after a clip has changed %d rows were played, %v in place of %v", n, rms, first)
	}
	draw("10")
	if _, n := play(); n != 2 {
		t.Errorf("after the file of ranges has changed %d rows were played, want 2", n)
	}
	if _, n := play(); n != 0 {
		t.Errorf("%d rows were played twice", n)
	}
}

func TestPlansThatCannotBeAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"target: serial":                            `target is "serial", expected sim or emulated`,
		"target: sim":                               "no clips",
		"clips: [stand]\ndraws: 2":                  "nothing to draw from",
		"clips: [stand]\ndraws: -1":                 "draws is -1",
		"clips: [stand]\nscenario: {clips: [walk]}": "stand beside scenario",
		"clips: [stand]\nfault: []":                 "unknown field",
		"clips: [stand]\nscenario: {hold: true}":    "a row ends, and nobody watches it",
		"clips: [stand]\nscenario: {video: a.mp4}":  "expected none",
		"clips: [a]\nscenario: {robot: q@emulated}": `"q@emulated", expected a name without @`,
	} {
		if _, err := plan(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for fault, want := range map[string]string{
		"link cut":                    "line 6, faults[1]: link cut is refused for target sim",
		"meteor":                      `line 6, faults[1]: "meteor" is no fault`,
		"joint stuck, target: tail":   `line 6, faults[1]: target of joint stuck is "tail"`,
		"disk full":                   "line 6, faults[1]: disk full is refused for target sim: the run is not recorded",
		"payload, magnitude: -1":      "line 6, faults[1]: magnitude of payload is -1",
		"payload, magnitude: 1, x: 1": "unknown field",
	} {
		p, err := plan(t, "clips: [stand]\ntarget: sim\nscenario: {robot: quadruped, policy: none, seconds: 0.2}\nfaults:\n  - {fault: payload, magnitude: 1}\n  - {fault: "+fault+"}\n")
		if err == nil {
			_, err = Run(context.Background(), p, t.TempDir(), "test", zerolog.Nop(), func(int, int, time.Duration) { t.Errorf("%s: a row was played", fault) })
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", fault, err, want)
		}
		if p == nil {
			continue
		}
		if err := new(Soak).Run(context.Background(), p, t.TempDir(), 0, "test", zerolog.Nop(), func(*Soak) { t.Errorf("%s: a row of a soak was played", fault) }); err == nil {
			t.Errorf("%s: a soak went on", fault)
		}
	}
}

func TestASoakCountsWhatGoesWrong(t *testing.T) {
	p, err := plan(t, `clips: [stand]
scenario: {robot: quadruped, policy: none, seconds: 0.5, physics: {held: true, randomise: default}, emulation: {board: host}, gates: {safe_ms: 102, motion_rad: 0.1}}
faults:
  - {at_s: 0.1, fault: bit errors, magnitude: 0.001, for_s: 0.2}
  - {at_s: 0.1, fault: brown-out}
`)
	if err != nil {
		t.Fatal(err)
	}
	var s Soak
	rounds := 0
	ctx, cancel := context.WithCancel(context.Background())
	err = s.Run(ctx, p, t.TempDir(), time.Hour, "test", zerolog.Nop(), func(s *Soak) {
		if rounds++; rounds == 6 {
			cancel()
		}
	})
	if err != nil || s.Rows != 6 || s.Failed != 0 || s.Ticks < 6*25 || s.Resets != 2 || s.CRC == 0 || s.Refused < s.CRC || s.Altered != 0 || s.Memory[0] < 1<<20 || s.Files[1] != s.Files[0] {
		t.Errorf("%+v, %v", s, err)
	}
	if !s.Pass() || !strings.Contains(s.String(), "6 rows, 0 failed") {
		t.Error(s.String())
	}
	for _, whole := range []int{1, 4} { // rows before one that is cut off
		s = Soak{}
		ctx, cancel := context.WithCancel(context.Background())
		err := s.Run(ctx, p, t.TempDir(), time.Hour, "test", zerolog.Nop(), func(s *Soak) {
			if s.Rows == whole {
				time.AfterFunc(5*time.Millisecond, cancel)
			}
		})
		if s.Failed != 0 || (whole < 3) != (err != nil && strings.Contains(err.Error(), "interrupted after 1 of 3 rows")) || err == nil && !s.Pass() {
			t.Errorf("cut off in row %d: %v, %v", whole+1, &s, err)
		}
	}
	p.Scenario.Gates.SafeMs = 1e-3
	s = Soak{}
	if err := s.Run(context.Background(), p, t.TempDir(), 0, "test", zerolog.Nop(), nil); err != nil || s.Rows != 3 || s.Failed == 0 || s.Pass() || len(s.Failures) != s.Failed {
		t.Errorf("without time to be safe in: %+v, %v", s, err)
	}
}
