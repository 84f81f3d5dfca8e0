package film

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// browser is Chromium with one page.
type browser struct {
	cmd     *exec.Cmd
	line    *line
	dir     string // its profile
	said    tail
	session string // with the page; "" is with Chromium itself
}

// openBrowser starts Chromium and opens an empty page of that size. It draws in
// software, the same on every machine.
func openBrowser(chromium string, width, height int) (b *browser, err error) {
	b = &browser{}
	defer func() {
		if err != nil {
			b.close()
			err = fmt.Errorf("film: %w", err)
		}
	}()
	if b.dir, err = os.MkdirTemp("", "whisker-film"); err != nil {
		return b, err
	}
	b.cmd = exec.Command(chromium, "--headless", "--remote-debugging-pipe", "--user-data-dir="+b.dir,
		"--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--force-color-profile=srgb",
		"--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio",
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		fmt.Sprintf("--window-size=%d,%d", width, height), "about:blank")
	if os.Geteuid() == 0 { // its sandbox refuses root
		b.cmd.Args = append(b.cmd.Args, "--no-sandbox")
	}
	b.cmd.Stderr = &b.said
	b.cmd.WaitDelay = time.Second // what it leaves behind may hold the pipe
	apart(b.cmd)
	if b.line, err = connect(b.cmd); err != nil {
		return b, fmt.Errorf("chromium does not start: %w", err)
	}
	return b, b.page(width, height)
}

// page takes the one that is there, and gives it that size.
func (b *browser) page(width, height int) error {
	var all struct {
		Targets []struct{ TargetID, Type string } `json:"targetInfos"`
	}
	var session struct{ SessionID string }
	err := b.call("Target.getTargets", nil, &all)
	for _, t := range all.Targets {
		if err == nil && t.Type == "page" && session.SessionID == "" {
			err = b.call("Target.attachToTarget", fields{"targetId": t.TargetID, "flatten": true}, &session)
		}
	}
	if err != nil {
		return err
	}
	b.session = session.SessionID
	return errors.Join(
		b.call("Emulation.setDeviceMetricsOverride", fields{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil),
		b.call("Emulation.setEmulatedMedia", fields{"features": []fields{{"name": "prefers-color-scheme", "value": "dark"}}}, nil))
}

// patience is how long a page may take to draw, on a machine that is busy.
const patience = 3 * time.Minute

// call asks Chromium for something; who gives no answer is dead.
func (b *browser) call(method string, params fields, result any) error {
	err := b.line.call(b.session, method, params, result, patience)
	if errors.Is(err, errBroken) {
		killGroup(b.cmd)
		b.cmd.Wait()
		return fmt.Errorf("chromium, at %s: %w: %w", method, err, b.said.last())
	}
	return err
}

// show opens the page at url, and waits until it can draw.
func (b *browser) show(url string) error {
	var to struct{ ErrorText string }
	if err := b.call("Page.navigate", fields{"url": url}, &to); err != nil {
		return fmt.Errorf("film: %w", err)
	}
	if to.ErrorText != "" {
		return fmt.Errorf("film: the live view at %s does not open: %s", url, to.ErrorText)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var state string
		err := b.evaluate(`!window.whisker?.expose ? '' : whisker.stage && whisker.link === 'live' ? 'ready' : document.getElementById('missing').textContent`, &state)
		switch {
		case err != nil:
			return err
		case state == "ready":
			return nil
		case state != "":
			return fmt.Errorf("film: the live view draws nothing: %s", state)
		}
	}
	return fmt.Errorf("film: the live view does not open in %v", patience)
}

// picture is what the page shows of a tick of a clip, as PNG; since is the robot's time
// since the picture before.
func (b *browser) picture(tick uint64, clip int, since time.Duration) ([]byte, error) {
	ms := strconv.FormatFloat(since.Seconds()*1e3, 'f', -1, 64)
	if err := b.evaluate(fmt.Sprintf("whisker.expose(%d, %d, %s)", tick, clip, ms), nil); err != nil {
		return nil, err
	}
	var shot struct{ Data []byte }
	if err := b.call("Page.captureScreenshot", fields{"format": "png", "optimizeForSpeed": true}, &shot); err != nil {
		return nil, fmt.Errorf("film: %w", err)
	}
	return shot.Data, nil
}

// evaluate has the page work out an expression, and waits for a promise.
func (b *browser) evaluate(expression string, to any) error {
	var r struct {
		Result struct{ Value any }
		Thrown *struct {
			Text      string
			Exception struct{ Description string }
		} `json:"exceptionDetails"`
	}
	r.Result.Value = to
	err := b.call("Runtime.evaluate", fields{"expression": expression, "awaitPromise": true, "returnByValue": true}, &r)
	if err == nil && r.Thrown != nil {
		err = fmt.Errorf("the live view: %s %s", r.Thrown.Text, r.Thrown.Exception.Description)
	}
	if err != nil {
		return fmt.Errorf("film: %w", err)
	}
	return nil
}

// close ends Chromium, and removes its profile.
func (b *browser) close() {
	if b.cmd != nil && b.cmd.Process != nil && b.cmd.ProcessState == nil {
		killGroup(b.cmd) // nothing in its profile is worth its while
		b.cmd.Wait()
	}
	if b.line != nil {
		b.line.close()
	}
	for range 50 { // its children may write a last time
		if b.dir == "" || os.RemoveAll(b.dir) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
