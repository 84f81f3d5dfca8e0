package view_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"whisker/bridge/view"
	"whisker/controller"
)

var _ view.Commands = (*controller.Input)(nil)

// wishes notes what it is told.
type wishes struct {
	mu  sync.Mutex
	got []string
}

func (w *wishes) note(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, s)
}

func (w *wishes) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.got)
}

func (w *wishes) Stop()            { w.note("stop") }
func (w *wishes) Pause()           { w.note("pause") }
func (w *wishes) Resume()          { w.note("resume") }
func (w *wishes) Restart()         { w.note("restart") }
func (w *wishes) ChooseClip(i int) { w.note(fmt.Sprint("clip ", i)) }
func (w *wishes) Reset()           { w.note("reset") }

func TestWishesReachTheLoopAndAreAnswered(t *testing.T) {
	to := &wishes{}
	s := serve(t, newWalker(), func(o *view.Options) { o.Commands = to })
	c := look(t, s, nil)
	next(t, c, websocket.MessageText) // hello
	for _, do := range []string{"stop", "pause", "resume", "restart", "reset", "clip"} {
		if err := c.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"do":%q,"clip":1}`, do)); err != nil {
			t.Fatal(err)
		}
		if got, want := string(next(t, c, websocket.MessageText)), fmt.Sprintf(`{"type":"ack","do":%q}`, do); got != want {
			t.Errorf("answer %s: want %s", got, want)
		}
	}
	if want := []string{"stop", "pause", "resume", "restart", "reset", "clip 1"}; !slices.Equal(to.list(), want) {
		t.Errorf("the loop was told %q: want %q", to.list(), want)
	}
}

func TestBadWishesEndTheConnection(t *testing.T) {
	for _, msg := range []string{`{"do":"fly"}`, `{"do":"clip","clip":3}`, `{"do":"clip","clip":-1}`, `{"do":"stop","now":true}`, `stop`, ``, `{"do":"` + strings.Repeat("x", 2000) + `"}`} {
		to := &wishes{}
		s := serve(t, newWalker(), func(o *view.Options) { o.Commands = to })
		c := look(t, s, nil)
		if err := c.Write(t.Context(), websocket.MessageText, []byte(msg)); err != nil {
			t.Fatal(err)
		}
		dropped(t, c, msg)
		if len(to.list()) != 0 {
			t.Errorf("%.40s: the loop was told %q", msg, to.list())
		}
	}
}

func TestAReplayCannotBeCommanded(t *testing.T) {
	c := look(t, serve(t, newWalker(), nil), nil)
	if err := c.Write(t.Context(), websocket.MessageText, []byte(`{"do":"stop"}`)); err != nil {
		t.Fatal(err)
	}
	dropped(t, c, "stop without Commands")
}

// dropped reads until the server has closed the connection.
func dropped(t *testing.T, c *websocket.Conn, why string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); ctx.Err() != nil {
			t.Fatalf("%.40s: the connection is still open after 30 s", why)
		} else if err != nil {
			return
		}
	}
}

// A browser that connects and never reads: Publish does not wait for it, a browser
// beside it sees what is published, and after the deadline the dead one is gone.
func TestDeadBrowserChangesNothing(t *testing.T) {
	w := newWalker()
	s := serveBeat(t, w, time.Second, nil)
	look(t, s, nil) // never read
	alive := look(t, s, nil)
	seen, packets, published := make(chan int), 0, 0
	go func() {
		for n := 0; ; n++ {
			if _, _, err := alive.Read(t.Context()); err != nil {
				return
			}
			seen <- n
		}
	}()
	start := time.Now()
	for tick := 0; s.Clients() > 1 || packets < 20; tick++ {
		w.at(tick)
		s.Publish(&w.sample, w.frames, w.ghost, nil)
		if s.Clients() > 1 {
			published++
		}
		select {
		case packets = <-seen:
		case <-time.After(time.Millisecond):
		}
		if time.Since(start) > time.Minute {
			t.Fatalf("after a minute: %d clients, the live one saw %d packets: want 1 client, 20 packets", s.Clients(), packets)
		}
	}
	if published < 50 { // of some 4000: one that waited for the dead browser took a second
		t.Errorf("%d ticks were published beside a dead browser", published)
	}
}

func TestAtMostEightPages(t *testing.T) {
	s := serve(t, newWalker(), nil)
	for range 8 {
		c := look(t, s, nil)
		next(t, c, websocket.MessageText)
	}
	dropped(t, look(t, s, nil), "the ninth page")
	if s.Clients() != 8 {
		t.Errorf("%d pages are served: want 8", s.Clients())
	}
}

func TestAnotherSiteCannotLookIn(t *testing.T) {
	s := serve(t, newWalker(), nil)
	for _, origin := range []string{"http://evil.example", "null", "http://127.0.0.1:1"} {
		_, r, err := websocket.Dial(t.Context(), strings.Replace(s.URL(), "http", "ws", 1)+"stream",
			&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if err == nil || r == nil || r.StatusCode != http.StatusForbidden {
			t.Errorf("origin %s: %v: want 403", origin, err)
		}
	}
	look(t, s, http.Header{"Origin": {strings.TrimSuffix(s.URL(), "/")}})
}
