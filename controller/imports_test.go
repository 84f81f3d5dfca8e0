package controller

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// pkg is what go list says about a package.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	CgoFiles   []string
}

// mayImport is the picture in the package's doc comment, as a rule: whether a
// package of this module may import another one of it.
func mayImport(from, to string) bool {
	in := func(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }
	const c, p, b = "whisker/controller", "whisker/policy", "whisker/bridge"
	switch {
	case from == c:
		return false
	case in(from, c):
		return to == c
	case from == "whisker/sim":
		return to == c || to == c+"/profile"
	case in(from, p):
		return to == c || in(to, p)
	case in(from, b):
		return to == c || to == c+"/profile" || in(to, b)
	case in(from, "whisker/hil"):
		return !in(to, "whisker/cmd")
	}
	return in(from, "whisker/cmd")
}

func list(t *testing.T) (all []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,CgoFiles", "./...")
	cmd.Dir = ".."
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsFollowThePicture(t *testing.T) {
	ours, cgo := 0, ""
	for _, p := range list(t) {
		if len(p.CgoFiles) > 0 && !p.Standard {
			cgo += p.ImportPath + " "
		}
		if !strings.HasPrefix(p.ImportPath, "whisker/") {
			continue
		}
		ours++
		for _, to := range p.Imports {
			if strings.HasPrefix(to, "whisker/") && !mayImport(p.ImportPath, to) {
				t.Errorf("%s imports %s, which the picture in controller/doc.go does not show", p.ImportPath, to)
			}
		}
	}
	if cgo != "whisker/sim " {
		t.Errorf("packages with cgo: %q; only whisker/sim may have it", cgo)
	}
	if ours < 5 {
		t.Errorf("go list found %d packages of this module", ours)
	}
}

func TestImportRule(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"controller", "controller/record", false},
		{"controller", "policy", false},
		{"controller/record", "controller", true},
		{"controller/record", "sim", false},
		{"policy", "policy/motion", true},
		{"policy/train", "sim", false},
		{"sim", "controller", true},
		{"sim", "policy/motion", false},
		{"sim", "controller/profile", true},
		{"sim", "controller/record", false},
		{"bridge/wire", "controller/profile", true},
		{"policy", "controller/profile", false},
		{"bridge/view", "controller", true},
		{"bridge/mqtt", "controller/record", false},
		{"bridge/feetech", "bridge/wire", true},
		{"hil", "sim", true},
		{"hil", "cmd/whisker", false},
		{"cmd/whisker", "hil", true},
		{"utils", "controller", false},
	} {
		if got := mayImport("whisker/"+c.from, "whisker/"+c.to); got != c.want {
			t.Errorf("%s -> %s: %v, expected %v", c.from, c.to, got, c.want)
		}
	}
}
