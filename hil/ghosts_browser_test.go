//go:build browser

package hil

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// urls passes on where the live view is.
type urls chan string

func (u urls) Write(b []byte) (int, error) {
	if _, url, ok := strings.Cut(string(b), "live view: "); ok {
		u <- strings.TrimRight(url, "\"}\n")
	}
	return len(b), nil
}

// showTo plays a scenario until a page's test has looked at it.
func showTo(t *testing.T, s Scenario) {
	t.Helper()
	s.Pace, s.Hold, s.View = "realtime", true, filmed
	s.Overruns.Max, s.Overruns.Window = 1000, 1001 // a page that is drawn in software takes the machine
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	url, done := make(urls, 1), make(chan error, 1)
	go func() {
		_, err := Run(ctx, s, "test", zerolog.New(url))
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatal(err)
	case where := <-url:
		node := exec.CommandContext(ctx, "node", "../bridge/view/animal.test.mjs", where)
		node.Cancel = func() error { return node.Process.Signal(syscall.SIGTERM) } // takes the browser along
		node.WaitDelay = 10 * time.Second
		out, err := node.CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Errorf("node animal.test.mjs: %v (needs make deps, node and chromium)", err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Beside a quadruped that follows a rat's clip the page shows that rat.
func TestThePageShowsWhoseMotionTheRobotFollows(t *testing.T) {
	s := dog("walk", "stand")
	s.Policy = ""
	showTo(t, s)
}
