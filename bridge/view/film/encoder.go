package film

import (
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"time"
)

// encoder is ffmpeg, which reads pictures from its input.
type encoder struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	said tail
}

// openEncoder starts ffmpeg: H.264 in the pixel format that every player knows, its
// index in front so that it plays while it loads.
func openEncoder(ffmpeg, path string, fps int) (*encoder, error) {
	e := &encoder{cmd: exec.Command(ffmpeg, "-nostdin", "-loglevel", "error",
		"-f", "image2pipe", "-c:v", "png", "-framerate", strconv.Itoa(fps), "-i", "pipe:0",
		"-c:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
		"-f", "mp4", "-y", path)}
	e.cmd.Stderr = &e.said
	apart(e.cmd)
	in, err := e.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("film: %w", err)
	}
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("film: ffmpeg does not start: %w", err)
	}
	e.in = in
	return e, nil
}

func (e *encoder) put(picture []byte) error {
	if _, err := e.in.Write(picture); err != nil {
		return fmt.Errorf("film: ffmpeg takes no more pictures: %w", e.why(err))
	}
	return nil
}

// why waits for what ffmpeg, which reads no longer, has to say.
func (e *encoder) why(err error) error {
	if werr := e.wait(); werr != nil {
		return werr
	}
	return err
}

// close has ffmpeg finish the film.
func (e *encoder) close() error {
	e.in.Close()
	if err := e.wait(); err != nil {
		return fmt.Errorf("film: ffmpeg: %w", err)
	}
	return nil
}

// finish is how long ffmpeg may take to write what it has read.
const finish = 2 * time.Minute

// wait is how ffmpeg ended, nil if well; one that does not end is ended.
func (e *encoder) wait() error {
	if e.cmd.ProcessState == nil {
		end := time.AfterFunc(finish, func() { killGroup(e.cmd) })
		defer end.Stop()
		e.cmd.Wait()
	}
	if !e.cmd.ProcessState.Success() {
		return fmt.Errorf("%v: %w", e.cmd.ProcessState, e.said.last())
	}
	return nil
}
