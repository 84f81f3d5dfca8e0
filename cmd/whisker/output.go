package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/google/renameio/v2"
)

// output is where a command's result goes: standard output, a device, or a file.
// It is opened before the work begins, so that a path that cannot be written is
// found then. What a file held stays until the new content is whole.
type output struct {
	io.Writer
	path  string
	close func(keep bool) error
}

// create opens path for writing; "-" is standard output.
func create(path string, stdout io.Writer) (*output, error) {
	if path == "-" {
		return &output{stdout, path, func(bool) error { return nil }}, nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the link stays one
	}
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("whisker: %w", err)
		}
		return &output{f, path, func(bool) error { return f.Close() }}, nil
	}
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(0o666), renameio.WithExistingPermissions())
	if err != nil {
		var p *os.PathError // of the file that will take its place
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, fmt.Errorf("whisker: %s cannot be written: %w", path, err)
	}
	return &output{f, path, func(keep bool) error {
		if !keep {
			return f.Cleanup()
		}
		return f.CloseAtomicallyReplace()
	}}, nil
}

// createJSON opens the file that a --json flag names; nil where it names none, for
// which result prints the table.
func createJSON(path string, stdout io.Writer) (*output, error) {
	if path == "" {
		return nil, nil
	}
	o, err := create(path, stdout)
	return o, usage(err)
}

// result ends the output with v as JSON; where no JSON was asked for, table prints
// it on standard output.
func (o *output) result(v any, stdout io.Writer, table func(io.Writer) error) error {
	if o == nil {
		return table(stdout)
	}
	return o.json(v)
}

// drop ends an output that gets no result.
func (o *output) drop(err error) {
	if o != nil {
		_ = o.end(err)
	}
}

// end keeps what was written if err is nil, and drops it otherwise. It returns
// the first error.
func (o *output) end(err error) error {
	if cerr := o.close(err == nil); err == nil && cerr != nil {
		err = fmt.Errorf("whisker: %s: %w", o.path, cerr)
	}
	return err
}

// json writes one object and ends the output.
func (o *output) json(v any) error {
	e := json.NewEncoder(o)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return o.end(fmt.Errorf("whisker: the result for %s: %w", o.path, err))
	}
	return o.end(nil)
}

// table lays out lines of a name and a value.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer) table { return table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

func (t table) line(what string, value any) { fmt.Fprintf(t, "%s\t%v\n", what, value) }

// writeTo creates path, has f fill it, and ends it.
func writeTo(path string, stdout io.Writer, f func(io.Writer) error) error {
	o, err := create(path, stdout)
	if err != nil {
		return usage(err)
	}
	return o.end(f(o))
}

// writeJSON writes one object to path, "-" for standard output.
func writeJSON(path string, stdout io.Writer, v any) error {
	o, err := create(path, stdout)
	if err != nil {
		return usage(err)
	}
	return o.json(v)
}

// folder makes a folder and its parents. tidy removes those of them that were made
// here and are still empty.
func folder(path string) (tidy func(), err error) {
	var made []string
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, dir)
	}
	tidy = func() {
		for _, dir := range made {
			_ = os.Remove(dir) // fails where something is in it
		}
	}
	return tidy, os.MkdirAll(path, 0o755)
}
