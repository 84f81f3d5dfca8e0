package film

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// line speaks the Chrome DevTools Protocol (chromedevtools.github.io) over two
// pipes: JSON objects, each with a zero byte behind it. A question is answered
// before the next is asked; what Chromium tells unasked is left out.
type line struct {
	to, from *os.File
	in       *bufio.Reader
	asked    int
}

// fields is a JSON object.
type fields map[string]any

var errBroken = errors.New("no answer")

// connect starts Chromium, which reads at descriptor 3 and writes to 4.
func connect(c *exec.Cmd) (*line, error) {
	theirIn, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirIn.Close()
	from, theirOut, err := os.Pipe()
	if err != nil {
		to.Close()
		return nil, err
	}
	defer theirOut.Close()
	c.ExtraFiles = []*os.File{theirIn, theirOut}
	l := &line{to: to, from: from, in: bufio.NewReaderSize(from, 1<<16)}
	if err := c.Start(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// call asks for a method of a session ("" is the browser itself), and decodes the
// answer into result, unless that is nil. Any error of the line itself is errBroken.
func (l *line) call(session, method string, params fields, result any, limit time.Duration) error {
	l.asked++
	if params == nil {
		params = fields{}
	}
	q := fields{"id": l.asked, "method": method, "params": params}
	if session != "" {
		q["sessionId"] = session
	}
	b, err := json.Marshal(q)
	if err != nil {
		panic("film: " + err.Error()) // strings, numbers and booleans always encode
	}
	deadline := time.Now().Add(limit)
	l.to.SetWriteDeadline(deadline)
	l.from.SetReadDeadline(deadline)
	if _, err := l.to.Write(append(b, 0)); err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	for {
		text, err := l.in.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		var a struct {
			ID     int
			Error  *struct{ Message string }
			Result json.RawMessage
		}
		switch err := json.Unmarshal(text[:len(text)-1], &a); {
		case err != nil:
			return fmt.Errorf("%s: %w", method, err)
		case a.ID != l.asked:
			continue
		case a.Error != nil:
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(a.Result, result)
	}
}

func (l *line) close() { l.to.Close(); l.from.Close() }
