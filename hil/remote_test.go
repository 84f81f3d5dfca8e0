package hil

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// player is a rig that plays in the background, and what ends it.
type player struct {
	*rig
	stop context.CancelFunc
}

// busy is a scenario in real time on a machine with other work.
func busy(clips ...string) Scenario {
	s := DefaultScenario()
	s.Clips, s.Overruns = clips, Overruns{Max: 999, Window: 1000}
	return s
}

func playing(t *testing.T, s Scenario) (player, chan *Result) {
	t.Helper()
	g, err := openRig(s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	done := make(chan *Result, 1)
	go func() {
		defer cancel()
		defer g.close()
		pacer, err := g.openPacer()
		if err != nil {
			t.Error(err)
			return
		}
		defer pacer.close()
		r, err := g.playAll(ctx, pacer)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	return player{g, cancel}, done
}

// eventually waits until ok, at most a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited a minute in vain for " + what)
		}
	}
}

func TestStopEndsTheRun(t *testing.T) {
	g, done := playing(t, busy("stand", "turn"))
	eventually(t, "the first pass", func() bool { return g.passes.Load() == 1 })
	g.remote.Stop()
	if r := <-done; len(r.Clips) != 1 || r.Clips[0].Completed {
		t.Errorf("%+v", r.Clips)
	}
}

func TestResetGoesOnAfterAStop(t *testing.T) {
	s := busy("stand")
	s.Hold = true
	g, done := playing(t, s)
	eventually(t, "the first pass", func() bool { return g.passes.Load() == 1 })
	g.remote.Stop()
	time.Sleep(time.Second) // half a second of damping, then rest
	select {
	case <-done:
		t.Fatal("a held run ended with the stop")
	default:
	}
	if n := g.passes.Load(); n != 1 {
		t.Errorf("%d passes while stopped", n)
	}
	g.remote.Reset()
	eventually(t, "a pass after the reset", func() bool { return g.passes.Load() >= 2 })
	g.stop()
	<-done
}

func TestChosenClipPlaysNext(t *testing.T) {
	g, done := playing(t, busy("stand", "turn", "walk"))
	eventually(t, "the first pass", func() bool { return g.passes.Load() == 1 })
	g.remote.ChooseClip(2)
	r := <-done
	if len(r.Clips) != 1 || r.Clips[0].Clip != "walk" {
		t.Errorf("%+v, expected walk alone: stand was abandoned, turn left out", r.Clips)
	}
}

func TestRestartBeginsTheClipAgain(t *testing.T) {
	s := busy("stand")
	s.Seconds = 3
	g, done := playing(t, s)
	eventually(t, "the first pass", func() bool { return g.passes.Load() == 1 })
	g.remote.Restart()
	r := <-done
	if len(r.Clips) != 1 || r.Clips[0].Frames != 150 || g.passes.Load() != 2 {
		t.Errorf("%+v in %d passes, expected 150 frames after an abandoned start", r.Clips, g.passes.Load())
	}
}
