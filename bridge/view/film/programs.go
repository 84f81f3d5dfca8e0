package film

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// programs are the paths of chromium and ffmpeg.
func programs() (chromium, ffmpeg string, err error) {
	browsers := []string{"chromium", "chromium-browser", "google-chrome"}
	if p := os.Getenv("CHROMIUM"); p != "" {
		browsers = []string{p}
	}
	chromium = find(browsers...)
	ffmpeg = find("ffmpeg")
	var missing []string
	if chromium == "" {
		missing = append(missing, "chromium")
	}
	if ffmpeg == "" {
		missing = append(missing, "ffmpeg")
	}
	if len(missing) > 0 {
		return "", "", fmt.Errorf("film: a film needs %s, which is not here: apt-get install %s", strings.Join(missing, " and "), strings.Join(missing, " "))
	}
	return chromium, ffmpeg, nil
}

func find(names ...string) string {
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	return ""
}

// apart keeps a terminal's Ctrl-C from a child: this program ends it.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a child of apart and what it started.
func killGroup(c *exec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }

// tail keeps the last that a child said.
type tail struct{ text []byte }

const maxTail = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-maxTail):]
	return len(b), nil
}

// last is the last line that says something.
func (t *tail) last() error {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	if l := strings.TrimSpace(lines[len(lines)-1]); l != "" {
		return errors.New(l)
	}
	return errors.New("it said nothing")
}
