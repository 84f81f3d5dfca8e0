package profile

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

//go:embed quadruped.yaml go1.yaml go2.yaml
var shipped embed.FS

// Names are the profiles that ship.
func Names() []string { return []string{"quadruped", "go1", "go2"} }

// Open gives a profile by the name of one that ships, or by its file.
func Open(name string) (*Profile, error) {
	if slices.Contains(Names(), name) {
		text, err := shipped.ReadFile(name + ".yaml")
		if err != nil {
			panic("profile: " + err.Error()) // embedded above
		}
		return Parse(name+".yaml", text)
	}
	if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
		return nil, fmt.Errorf("profile: %q is none of %s and no .yaml file", name, strings.Join(Names(), ", "))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	p, err := Parse(name, text)
	if err == nil {
		p.dir = filepath.Dir(name)
	}
	return p, err
}

// Parse reads a profile from the content of a file; file is its name for errors.
func Parse(file string, text []byte) (*Profile, error) {
	p := &Profile{}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("profile: %s:1: empty, want YAML that begins with a name", file)
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(p); err != nil {
		return nil, fmt.Errorf("profile: %s", located(file, err))
	}
	if path, why := p.check(); why != "" {
		return nil, fmt.Errorf("profile: %s:%d: %s %s", file, line(text, path), path, why)
	}
	return p, nil
}

// ModelFile is the model's file: Model beside the profile. shipped is true when
// the model comes with the simulator, and both are empty when the user has to
// name a file.
func (p *Profile) ModelFile() (file string, shipped bool) {
	switch {
	case p.Model == "":
		return "", false
	case p.dir == "" || !strings.Contains(p.Model, "."):
		return p.Model, true
	case filepath.IsAbs(p.Model):
		return p.Model, false
	}
	return filepath.Join(p.dir, p.Model), false
}

// located is FILE:LINE: and what the YAML reader said.
func located(file string, err error) string {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		return fmt.Sprintf("%s:%d: %s", file, y.GetToken().Position.Line, y.GetMessage())
	}
	s, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return file + ": " + s
}

// line is where a path such as joints[3].min_rad is, or the nearest part of it
// that is there.
func line(text []byte, path string) int {
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		return 1
	}
	for path != "" {
		if n := find(f, path); n != nil {
			return n.GetToken().Position.Line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

func find(f *ast.File, path string) ast.Node {
	p, err := yaml.PathString("$." + path)
	if err != nil {
		return nil
	}
	n, err := p.FilterFile(f)
	if err != nil {
		return nil
	}
	return n
}
