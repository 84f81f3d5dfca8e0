package film

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// Options say what the film is to be.
type Options struct {
	// Path is the file, MP4. It takes its name when the film is whole.
	Path string
	// FPS is how many pictures make a second of the robot's time; 0 is 25.
	FPS int
	// Width and Height are the picture's, even numbers of pixels; 0 is 1280 by 720.
	Width, Height int
	// Period is the time from one tick to the next.
	Period time.Duration
}

func (o *Options) defaults() error {
	for _, d := range []struct {
		v       *int
		usually int
	}{{&o.FPS, 25}, {&o.Width, 1280}, {&o.Height, 720}} {
		if *d.v == 0 {
			*d.v = d.usually
		}
	}
	if o.FPS < 1 || o.Period <= 0 || o.Width < 2 || o.Height < 2 || o.Width%2+o.Height%2 != 0 {
		return fmt.Errorf("film: %d x %d pixels, %d pictures a second, ticks of %v: expected even numbers of pixels, and more than 0 of each", o.Width, o.Height, o.FPS, o.Period)
	}
	return nil
}

// Film is one that is being taken. One goroutine may use it.
type Film struct {
	options Options
	file    *renameio.PendingFile
	browser *browser
	encoder *encoder
	ticks   int // put so far
	frames  int // pictures so far
	drawn   int // tick, counted from 1, of the last of them
	err     error
	closed  bool
}

// Open finds chromium and ffmpeg, starts both, and makes sure that the file can be
// written. What is missing is an error that says how to install it.
func Open(o Options) (*Film, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	f := &Film{options: o}
	if err := f.open(); err != nil {
		f.drop()
		return nil, err
	}
	return f, nil
}

func (f *Film) open() error {
	chromium, ffmpeg, err := programs()
	if err != nil {
		return err
	}
	path := f.options.Path
	if f.file, err = renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o666)); err != nil {
		var p *os.PathError // of the file that will take its place
		if errors.As(err, &p) {
			err = p.Err
		}
		return fmt.Errorf("film: %s cannot be written: %w", path, err)
	}
	if f.browser, err = openBrowser(chromium, f.options.Width, f.options.Height); err != nil {
		return err
	}
	f.encoder, err = openEncoder(ffmpeg, f.file.Name(), f.options.FPS)
	return err
}

// Show opens the live view that is served at url, and returns when it can draw.
func (f *Film) Show(url string) error {
	f.err = f.browser.show(url + "#film")
	return f.err
}

// Put takes the pictures that fall on a tick of a clip, which the page has been sent or
// is about to be. After an error it does nothing but return it again.
func (f *Film) Put(tick uint64, clip int) error {
	at := time.Duration(f.ticks) * f.options.Period
	f.ticks++
	var picture []byte
	for f.err == nil && time.Duration(f.frames)*time.Second <= at*time.Duration(f.options.FPS) {
		if picture == nil {
			since := time.Duration(f.ticks-f.drawn) * f.options.Period
			if picture, f.err = f.browser.picture(tick, clip, since); f.err != nil {
				break
			}
			f.drawn = f.ticks
		}
		f.err = f.encoder.put(picture)
		f.frames++
	}
	return f.err
}

// Close ends the film, and names its file if all went well. A second time it does
// nothing.
func (f *Film) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	err := f.err
	if err == nil && f.frames == 0 {
		err = fmt.Errorf("film: %s is not written: the run ended before the first picture", f.options.Path)
	}
	if eerr := f.encoder.close(); err == nil {
		err = eerr
	}
	f.encoder = nil
	if err == nil {
		if err = f.file.CloseAtomicallyReplace(); err != nil {
			err = fmt.Errorf("film: %s: %w", f.options.Path, err)
		}
	}
	f.drop()
	return err
}

// drop ends what still runs, and removes a file that got no name.
func (f *Film) drop() {
	if f.encoder != nil {
		f.encoder.close()
	}
	if f.browser != nil {
		f.browser.close()
	}
	if f.file != nil {
		f.file.Cleanup()
	}
}
