//go:build browser

package film

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/bridge/view"
	"whisker/controller"
)

const tick = 20 * time.Millisecond

// scene is a box that walks with its ghost ahead, in a live view.
type scene struct {
	server *view.Server
	sample controller.Sample
}

func newScene(t *testing.T) *scene {
	t.Helper()
	body := &controller.Body{Name: "box", Period: tick, Root: "box"}
	s, err := view.New(view.Options{
		Addr: "127.0.0.1:0", Body: body, Frames: []string{"box"}, Clips: []string{"stroll"},
		Shapes: []controller.Shape{{Kind: "box", Size: [3]float64{0.1, 0.05, 0.05}, Quat: [4]float64{1}, RGBA: [4]float32{0, 0.6, 0.6, 1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &scene{s, controller.NewSample(body)}
}

// take takes a film of so many ticks; between them passes what the machine needs.
func (s *scene) take(t *testing.T, o Options, ticks int, between func()) {
	t.Helper()
	f, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Show(s.server.URL()); err != nil {
		t.Fatal(err)
	}
	for n := range ticks {
		x := 0.01 * float32(n)
		s.sample.Tick, s.sample.State.Time, s.sample.Mode = uint64(n), time.Duration(n)*tick, controller.ModeTrack
		s.server.SetStatus(view.Status{Frame: n, Frames: ticks})
		s.server.Publish(&s.sample, []float32{x, 0, 0.1, 1, 0, 0, 0}, []float32{x + 0.05, 0, 0.1, 1, 0, 0, 0}, nil)
		if err := f.Put(s.sample.Tick, 0); err != nil {
			t.Fatal(err)
		}
		between()
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// stream is what ffprobe says of a film.
type stream struct {
	Codec  string `json:"codec_name"`
	Pixels string `json:"pix_fmt"`
	Rate   string `json:"r_frame_rate"`
	Width  int
	Height int
	Length string `json:"duration"`
	Frames string `json:"nb_read_frames"`
}

func probe(t *testing.T, path string) stream {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Streams []stream }
	if err := json.Unmarshal(out, &p); err != nil || len(p.Streams) != 1 {
		t.Fatal(err, string(out))
	}
	return p.Streams[0]
}

// pictures are the hashes of a film's pictures.
func pictures(t *testing.T, path string) (hashes []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", path, "-f", "framemd5", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSpace(l), ","); !strings.HasPrefix(l, "#") {
			hashes = append(hashes, strings.TrimSpace(f[len(f)-1]))
		}
	}
	return hashes
}

func TestAFilmLastsAsLongAsTheRobotMoved(t *testing.T) {
	o := Options{Path: filepath.Join(t.TempDir(), "film.mp4"), Period: tick, Width: 320, Height: 180}
	newScene(t).take(t, o, 50, func() {})
	want := stream{"h264", "yuv420p", "25/1", 320, 180, "1.000000", "25"}
	if got := probe(t, o.Path); got != want {
		t.Errorf("the film is %+v: want %+v", got, want)
	}
	seen := map[string]bool{}
	for _, p := range pictures(t, o.Path) {
		seen[p] = true
	}
	if len(seen) != 25 {
		t.Errorf("%d pictures differ: want 25", len(seen))
	}
	left, err := os.ReadDir(filepath.Dir(o.Path))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the film there is %v (%v): want nothing", left, err)
	}
}

// Pictures are of the robot's ticks: on a machine that stalls between them the film is
// the same to the last pixel.
func TestASlowMachineTakesTheSameFilm(t *testing.T) {
	var films [2][]string
	for i, pause := range []time.Duration{0, 150 * time.Millisecond} {
		o := Options{Path: filepath.Join(t.TempDir(), "film.mp4"), FPS: 50, Period: tick, Width: 320, Height: 180}
		newScene(t).take(t, o, 5, func() { time.Sleep(pause) })
		films[i] = pictures(t, o.Path)
	}
	if a, b := fmt.Sprint(films[0]), fmt.Sprint(films[1]); len(films[0]) != 5 || a != b {
		t.Errorf("films of the same run differ:\n%s\n%s", a, b)
	}
}

// Ticks that are fewer than the film's pictures are shown more than once.
func TestASlowRobotsFilmKeepsItsTime(t *testing.T) {
	o := Options{Path: filepath.Join(t.TempDir(), "film.mp4"), FPS: 25, Period: 5 * tick, Width: 320, Height: 180}
	newScene(t).take(t, o, 3, func() {})
	if n := len(pictures(t, o.Path)); n != 6 { // at 0.2 s, when the last tick begins
		t.Errorf("3 ticks of 0.1 s at 25 pictures a second are %d pictures: want 6", n)
	}
}

// However this program ends, the pipe to Chromium ends with it.
func TestChromiumEndsWithItsPipe(t *testing.T) {
	chromium, _, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	b, err := openBrowser(chromium, 320, 180)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	ended := make(chan struct{})
	go func() { b.cmd.Wait(); close(ended) }()
	b.line.close()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("Chromium runs on, a minute after its pipe closed")
	}
}

func TestAPageThatDrawsNothingIsAnError(t *testing.T) {
	f, err := Open(Options{Path: filepath.Join(t.TempDir(), "film.mp4"), Period: tick})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Show("http://127.0.0.1:1/"); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("a view that nobody serves: %v", err)
	}
}
