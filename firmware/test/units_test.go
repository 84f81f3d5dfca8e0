package test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// portable are the sources without a register, which every board is built from.
var portable = []string{"servo.c", "mit.c", "imu.c", "safety.c", "robot.c", "robot_host.c", "wire.c", "wire_schema.c", "config_quadruped.c"}

var strict = []string{
	"-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-g", "-O1",
	"-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I..",
}

func cc(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("cc", append(strict[:len(strict):len(strict)], args...)...).CombinedOutput(); err != nil {
		t.Fatalf("cc %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestUnits builds the C test programs in unit/ with the address and undefined
// behaviour sanitizers and runs them; each of their tests is a subtest here.
func TestUnits(t *testing.T) {
	dir := t.TempDir()
	var objects []string
	for _, src := range portable {
		o := filepath.Join(dir, src+".o")
		cc(t, "-Wdouble-promotion", "-c", "-o", o, "../"+src)
		objects = append(objects, o)
	}
	programs, err := filepath.Glob("unit/*_test.c")
	if err != nil || len(programs) < 5 {
		t.Fatalf("unit/ has the programs %v, %v", programs, err)
	}
	for _, src := range programs {
		exe := filepath.Join(dir, strings.TrimSuffix(filepath.Base(src), ".c"))
		cc(t, append([]string{`-DVECTORS="testdata/imu.txt"`, "-o", exe, src, "-lm"}, objects...)...)
		out, err := exec.Command(exe).CombinedOutput()
		report(t, filepath.Base(src), string(out), err)
	}
}

// report makes a subtest of each line "ok NAME" or "FAIL NAME", which what went
// wrong stands before.
func report(t *testing.T, program, out string, err error) {
	tests, detail := 0, ""
	for line := range strings.Lines(out) {
		result, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if result != "ok" && result != "FAIL" {
			detail += line
			continue
		}
		tests++
		t.Run(program+"/"+name, func(t *testing.T) {
			if result == "FAIL" {
				t.Errorf("\n%s", detail)
			}
		})
		detail = ""
	}
	if err != nil && detail != "" || tests == 0 {
		t.Errorf("%s: %v after %d tests\n%s", program, err, tests, detail)
	}
}
