//go:build browser

package view_test

import (
	"context"
	"os/exec"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"whisker/bridge/view"
	"whisker/controller"
)

// onlooker obeys the page for a walker, and notes what it was told.
type onlooker struct {
	wishes
	paused, restart, fault atomic.Bool
	clip                   atomic.Int32
}

func (o *onlooker) Stop()            { o.note("stop"); o.fault.Store(true) }
func (o *onlooker) Pause()           { o.note("pause"); o.paused.Store(true) }
func (o *onlooker) Resume()          { o.note("resume"); o.paused.Store(false) }
func (o *onlooker) Restart()         { o.note("restart"); o.restart.Store(true) }
func (o *onlooker) ChooseClip(i int) { o.wishes.ChooseClip(i); o.clip.Store(int32(i)) }
func (o *onlooker) Reset()           { o.note("reset"); o.fault.Store(false) }

// play is the loop: it moves the walker until ctx is done.
func (o *onlooker) play(ctx context.Context, s *view.Server, w *walker) {
	beat := time.NewTicker(w.body.Period)
	defer beat.Stop()
	for tick := 1; ctx.Err() == nil; <-beat.C {
		if o.restart.Swap(false) {
			tick = 1
		}
		if !o.paused.Load() {
			tick++
			w.at(tick)
		}
		st := view.Status{Clip: int(o.clip.Load()), Frame: tick % 250, Frames: 250, Paused: o.paused.Load()}
		if o.fault.Load() {
			w.sample.Mode, st.Fault = controller.ModeFault, "tilt 1.31 rad at tick 412: want 1.0 at most"
			w.sample.State.Faults, w.sample.State.Voltage, w.sample.State.Temperature[2] = 1<<6|1<<63, 20.2, 71
		} else {
			w.sample.Mode, w.sample.State.Faults = controller.ModeTrack, 0
		}
		s.SetStatus(st)
		s.Publish(&w.sample, w.frames, w.ghost, nil)
	}
}

func TestPageInABrowser(t *testing.T) {
	w, o := newWalker(), &onlooker{}
	w.body.FaultNames = map[int]string{6: "tilt"}
	s := serve(t, w, func(opt *view.Options) { opt.Commands = o })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	done := make(chan struct{})
	go func() { o.play(ctx, s, w); close(done) }()
	node := exec.CommandContext(ctx, "node", "browser.test.mjs", s.URL())
	node.Cancel = func() error { return node.Process.Signal(syscall.SIGTERM) } // takes the browser along
	node.WaitDelay = 10 * time.Second
	out, err := node.CombinedOutput()
	cancel()
	<-done
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("node browser.test.mjs: %v (needs make deps, node and chromium)", err)
	}
	want := []string{"pause", "resume", "restart", "clip 2", "clip 1", "stop", "reset", "stop", "reset", "stop", "stop"}
	if !slices.Equal(o.list(), want) {
		t.Errorf("the loop was told %q: want %q", o.list(), want)
	}
}
