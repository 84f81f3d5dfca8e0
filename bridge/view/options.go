package view

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"

	"github.com/rs/zerolog"

	"whisker/controller"
)

// Commands are the onlooker's wishes. They come from the server's goroutines,
// not from the loop's, and must return at once. A *controller.Input obeys them.
type Commands interface {
	Stop()          // bring the robot to rest, whatever else is asked
	Pause()         // hold the motion
	Resume()        // go on after Pause
	Restart()       // begin the clip again
	ChooseClip(int) // play this one of Options.Clips
	Reset()         // leave the fault
}

// Options say what to show, and to whom.
type Options struct {
	// Addr is host:port; without a host it is the loopback address, and port 0
	// takes a free one. A host that is not loopback needs a Token.
	Addr string
	// Token must be known to see and to command; 16 characters or more. Empty on
	// the loopback address means that every user of this machine may look.
	Token string
	// Body is what the samples are of.
	Body *controller.Body
	// Frames names the moving frames, in the order of the poses; one of them
	// should be Body.Root, which the camera follows.
	Frames []string
	// Shapes are what is drawn, each fixed to a frame.
	Shapes []controller.Shape
	// Animal is whose motion the robot's reference was made of, if it is another body:
	// drawn as a second ghost.
	Animal Animal
	// Clips names the clips that the onlooker may choose from.
	Clips []string
	// Commands receives what the onlooker asks for; nil shows a page without
	// buttons, as for a replay.
	Commands Commands
	// Log tells who connected, and why a connection was dropped.
	Log zerolog.Logger
}

// Animal is a second body, as large and where it is to be drawn: its shapes are fixed to
// its own frames.
type Animal struct {
	Name   string
	Frames []string
	Shapes []controller.Shape
}

// minToken is the shortest token that is not worth guessing at.
const minToken = 16

// address returns the address to listen on and whether it is loopback.
func (o *Options) address() (string, bool, error) {
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return "", false, fmt.Errorf("view: address %q: want HOST:PORT or :PORT, such as 127.0.0.1:8765", o.Addr)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	loop := isLoopback(host)
	switch {
	case !loop && o.Token == "":
		return "", false, fmt.Errorf("view: address %s can be reached from other machines: give a token, or listen on 127.0.0.1:%s", o.Addr, port)
	case o.Token != "" && len(o.Token) < minToken:
		return "", false, fmt.Errorf("view: the token has %d characters: want %d or more", len(o.Token), minToken)
	}
	return net.JoinHostPort(host, port), loop, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// check refuses what the page could not draw.
func (o *Options) check() error {
	if o.Body == nil {
		return fmt.Errorf("view: no body: Options.Body says what the samples are of")
	}
	if err := hang(o.Shapes, o.Frames); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	if err := hang(o.Animal.Shapes, o.Animal.Frames); err != nil {
		return fmt.Errorf("view: the animal's %w", err)
	}
	return nil
}

// hang refuses shapes that hang on no frame.
func hang(shapes []controller.Shape, frames []string) error {
	for i, s := range shapes {
		if s.Frame < 0 || s.Frame >= len(frames) {
			return fmt.Errorf("shape %d (%s) is on frame %d: want 0 to %d", i, s.Kind, s.Frame, len(frames)-1)
		}
	}
	return nil
}

// scene is everything that does not change while the page is open.
type scene struct {
	Run    string             `json:"run"`
	Body   *controller.Body   `json:"body"`
	Frames []string           `json:"frames"`
	Follow int                `json:"follow"`
	Shapes []controller.Shape `json:"shapes"`
	Animal *animal            `json:"animal,omitempty"`
	Clips  []string           `json:"clips"`
	Modes  []string           `json:"modes"`
	Watch  bool               `json:"watch_only"`
	Faults map[int]string     `json:"fault_names"`
}

// animal is Options.Animal for the page.
type animal struct {
	Name   string             `json:"name"`
	Frames int                `json:"frames"` // how many
	Shapes []controller.Shape `json:"shapes"`
}

// follow is the frame that the camera follows and whose errors are shown.
func (o *Options) follow() int { return max(0, slices.Index(o.Frames, o.Body.Root)) }

// scene returns what the page needs to know once, as JSON. run tells one start
// of the program from the next.
func (o *Options) scene(run string) ([]byte, error) {
	s := scene{
		Run: run, Body: o.Body, Frames: o.Frames, Shapes: o.Shapes, Clips: o.Clips, Watch: o.Commands == nil, Faults: o.Body.FaultNames,
		Follow: o.follow(),
	}
	if a := &o.Animal; len(a.Frames) > 0 {
		s.Animal = &animal{a.Name, len(a.Frames), a.Shapes}
	}
	for m := controller.ModeIdle; m.String() != controller.Mode(255).String(); m++ {
		s.Modes = append(s.Modes, m.String())
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("view: body or shapes hold a number that JSON cannot (NaN?): %w", err)
	}
	return b, nil
}
