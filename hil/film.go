package hil

import (
	"fmt"
	"strings"

	"whisker/bridge/view/film"
	"whisker/controller"
)

// filmed is where the view is served that only a film is taken of.
const filmed = "127.0.0.1:0"

// maxFPS bounds a film's pictures a second.
const maxFPS = 240

// checkVideo reports what no film can be taken of: only a robot whose time waits for the
// program can be drawn at leisure.
func (s *Scenario) checkVideo(bad func(key, want string, got any) error) error {
	switch {
	case s.VideoFPS < 1 || s.VideoFPS > maxFPS:
		return bad("video_fps", fmt.Sprintf("1 to %d", maxFPS), s.VideoFPS)
	case s.Video == "":
		return nil
	case !strings.HasSuffix(s.Video, ".mp4"):
		return bad("video", "a file whose name ends in .mp4", s.Video)
	case s.transport() != "" && !s.emulated():
		return bad("video", "none for a robot whose time is its own", s.Video)
	case s.Pace != "lockstep":
		return bad("pace", "lockstep where a film is taken", s.Pace)
	}
	return nil
}

// openFilm makes sure that a film can be taken, where one is wanted.
func (g *rig) openFilm() (err error) {
	if g.scenario.Video == "" {
		return nil
	}
	if g.film, err = film.Open(film.Options{Path: g.scenario.Video, FPS: g.scenario.VideoFPS, Period: g.body.Period}); err == nil {
		g.closers = append(g.closers, func() { g.film.Close() })
	}
	return err
}

// showFilm opens the view, which is being served, for the film.
func (g *rig) showFilm() error {
	if g.film == nil {
		return nil
	}
	return g.film.Show(g.view.URL())
}

// shoot takes the pictures that fall on a tick. The run goes on without a film that
// failed, and ends with its error.
func (g *rig) shoot(p *pass, s *controller.Sample) {
	if g.film != nil {
		_ = g.film.Put(s.Tick, p.index)
	}
}

// endFilm ends the film; its error is that of the first picture that failed.
func (g *rig) endFilm() error {
	if g.film == nil {
		return nil
	}
	err := g.film.Close()
	if err == nil {
		g.log.Info().Msg("film: " + g.scenario.Video)
	}
	return err
}
