package film

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// programsAre puts scripts in place of chromium and ffmpeg; "" is one that is missing.
func programsAre(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if script != "" {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("CHROMIUM", "")
}

func options(t *testing.T) Options {
	return Options{Path: filepath.Join(t.TempDir(), "film.mp4"), Period: 20 * time.Millisecond}
}

func TestMissingProgramsAreNamedWithTheirPackages(t *testing.T) {
	for _, c := range []struct{ chromium, ffmpeg, want string }{
		{"", "exit", "film: a film needs chromium, which is not here: apt-get install chromium"},
		{"exit", "", "film: a film needs ffmpeg, which is not here: apt-get install ffmpeg"},
		{"", "", "film: a film needs chromium and ffmpeg, which is not here: apt-get install chromium ffmpeg"},
	} {
		programsAre(t, map[string]string{"chromium": c.chromium, "ffmpeg": c.ffmpeg})
		o := options(t)
		if _, err := Open(o); err == nil || err.Error() != c.want {
			t.Errorf("%v: want %q", err, c.want)
		}
		if left, _ := os.ReadDir(filepath.Dir(o.Path)); len(left) != 0 {
			t.Errorf("%v is left", left)
		}
	}
}

// A browser that dies says why in its last line.
func TestABrowserThatDiesIsQuoted(t *testing.T) {
	programsAre(t, map[string]string{"chromium": "echo first >&2; echo no space for a profile >&2; exit 3", "ffmpeg": "exit"})
	o := options(t)
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), "chromium") || !strings.Contains(err.Error(), "no space for a profile") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v: want one line with its last words", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(o.Path)); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

func TestAnEncoderThatDiesIsQuoted(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "ffmpeg")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nread x\necho no such codec >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	e, err := openEncoder(script, filepath.Join(dir, "film.mp4"), 25)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil { // until the pipe breaks
		err = e.put(make([]byte, 1<<16))
		if err == nil {
			err = e.put([]byte("\n"))
		}
	}
	if !strings.Contains(err.Error(), "no such codec") {
		t.Errorf("%v: want its last words", err)
	}
	if err := e.close(); err == nil || !strings.Contains(err.Error(), "no such codec") {
		t.Errorf("closed: %v: want its last words", err)
	}
}

func TestWhatNoFilmCanBe(t *testing.T) {
	programsAre(t, map[string]string{"chromium": "exit", "ffmpeg": "exit"})
	for what, mend := range map[string]func(*Options){
		"odd width":    func(o *Options) { o.Width = 321 },
		"no period":    func(o *Options) { o.Period = 0 },
		"negative fps": func(o *Options) { o.FPS = -1 },
		"no folder":    func(o *Options) { o.Path = filepath.Join(filepath.Dir(o.Path), "absent", "film.mp4") },
	} {
		o := options(t)
		mend(&o)
		if f, err := Open(o); err == nil || !strings.HasPrefix(err.Error(), "film: ") {
			t.Errorf("%s: %v, %v: want an error", what, f, err)
		}
	}
}
