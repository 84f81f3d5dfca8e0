package identify

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// table is a good CSV log of one joint: 100 samples at 50 Hz.
func table() []string {
	rows := []string{"t_s,cmd_hip_rad,pos_hip_rad"}
	for i := range 100 {
		rows = append(rows, fmt.Sprintf("%g,%g,%g", float64(i)*0.02, 0.01*float64(i%30), 0.009*float64(i%30)))
	}
	return rows
}

// file writes a file and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sage writes a good SAGE folder of two joints and lets change edit its files.
func sage(t *testing.T, change func(files map[string][]string)) string {
	t.Helper()
	f := map[string][]string{
		"joint_list.txt":  {"Rotation", "Jaw"},
		"control.csv":     {"type,timestamp,positions"},
		"state_motor.csv": {"type,timestamp,positions,velocities,torques"},
	}
	for i := range 100 {
		us, a := 20000*i+5, 0.01*float64(i%30)
		f["control.csv"] = append(f["control.csv"], fmt.Sprintf(`CONTROL,%d,"[%g, %g]"`, us, a, -a))
		f["state_motor.csv"] = append(f["state_motor.csv"], fmt.Sprintf(`STATE_MOTOR,%d,"[%g, %g]","[0, 0]","[0, 0]"`, us+3000, 0.9*a, -0.9*a))
	}
	if change != nil {
		change(f)
	}
	dir := t.TempDir()
	for name, rows := range f {
		if rows == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// bench is a good bench log.
func bench() string {
	var entries []string
	for i := range 110 {
		entries = append(entries, fmt.Sprintf(`{"timestamp": %g, "position": %g, "goal_position": %g, "torque_enable": %v}`,
			7+0.01*float64(i), 0.009*float64(i%30), 0.01*float64(i%30), i < 60))
	}
	return `{"mass": 0.5, "length": 0.1, "kp": 400, "vin": 7.4, "motor": "xl330", "trajectory": "sin", "entries": [` + strings.Join(entries, ",") + `]}`
}

func TestReadsEveryLayout(t *testing.T) {
	for _, c := range []struct {
		path   string
		joints []string
	}{
		{file(t, "log.csv", strings.Join(table(), "\n")), []string{"hip"}},
		{file(t, "sheet.csv", "\ufeff"+strings.Join(table(), "\r\n")), []string{"hip"}},
		{file(t, "quoted.csv", "\ufeff"+strings.ReplaceAll("\""+strings.Join(table(), "\"\r\n\"")+"\"", ",", "\",\"")), []string{"hip"}},
		{file(t, "spaces.csv", strings.ReplaceAll(strings.Join(table(), "\n\n"), ",", " , ")), []string{"hip"}},
		{file(t, "late.csv", strings.ReplaceAll(strings.Join(table(), "\n"), "\n", "\n17")), []string{"hip"}},
		{sage(t, nil), []string{"Rotation", "Jaw"}},
		{sage(t, func(f map[string][]string) {
			f["joint_list.txt"][0] = "\ufeff" + f["joint_list.txt"][0]
			for i, row := range f["control.csv"] {
				f["control.csv"][i] = strings.Replace(row, ",", ", ", 2)
			}
		}), []string{"Rotation", "Jaw"}},
		{file(t, "mark.json", "\ufeff"+bench()), []string{"xl330"}},
		{file(t, "log.json", bench()), []string{"xl330"}},
	} {
		l, err := Open(c.path)
		if err != nil {
			t.Error(err)
			continue
		}
		last := len(l.Time) - 1
		if !slices.Equal(l.Joints, c.joints) || l.Time[0] != 0 || last < 98 {
			t.Errorf("%s: joints %v, %d samples from %g s", c.path, l.Joints, last+1, l.Time[0])
		}
		if got, want := l.Command[0][40], 0.1; !near(got, want) {
			t.Errorf("%s: command 40 is %g, want %g", c.path, got, want)
		}
		if got, want := l.Position[0][40], 0.09; !near(got, want) {
			t.Errorf("%s: position 40 is %g, want %g", c.path, got, want)
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// Whether a state is stamped shortly before or after the command that goes out with it,
// the command goes with it, not one that is a period older.
func TestCommandsOfASAGELogGoWithTheirStates(t *testing.T) {
	for _, late := range []int{-1000, 0, 3000} { // µs
		l, err := Open(sage(t, func(f map[string][]string) {
			for i, row := range f["state_motor.csv"][1:] {
				f["state_motor.csv"][i+1] = strings.Replace(row, fmt.Sprint(20000*i+5+3000), fmt.Sprint(20000*i+5+late), 1)
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range l.Command[0][:len(l.Time)-1] {
			if q := l.Position[0][i]; !near(q, 0.9*c) {
				t.Fatalf("states %d µs late: with position %g goes command %g, want %g", late, q, c, q/0.9)
			}
		}
	}
}

// A bench log knows its load, its gain and when the motor was let go.
func TestReadsWhatABenchKnows(t *testing.T) {
	l, err := Open(file(t, "log.json", bench()))
	if err != nil {
		t.Fatal(err)
	}
	if l.Kp != 400 || l.Volts != 7.4 || l.Load != (Load{Mass: 0.5, Arm: 0.1}) || l.Kind != "sin" || !l.Enabled[59] || l.Enabled[60] {
		t.Errorf("got %+v", l)
	}
}

// An arm with a mass of its own swings as one: a log of it, made by a pendulum of its
// small-angle frequency, is replayed with its time.
func TestABenchsArmHasAMass(t *testing.T) {
	const mass, arm, length = 0.1, 0.6, 0.1
	w := math.Sqrt((mass + arm/2) / (mass + arm/3) * 9.80665 / length) // rad/s
	var entries []string
	for i := range 400 {
		t := 0.005 * float64(i)
		entries = append(entries, fmt.Sprintf(`{"timestamp": %g, "position": %g, "goal_position": 0, "torque_enable": false}`, t, 0.02*math.Sin(w*t)))
	}
	l, err := Open(file(t, "arm.json", fmt.Sprintf(`{"mass": %g, "arm_mass": %g, "length": %g, "kp": 400, "motor": "xl330", "entries": [%s]}`, mass, arm, length, strings.Join(entries, ","))))
	if err != nil {
		t.Fatal(err)
	}
	free := &Body{Robot: "xl330", Law: Voltage, Joints: []Joint{{Name: "xl330", Known: map[Param]float64{Armature: 1e-9}}}}
	if s := score(t, free, l); s.Worst > 5e-4 {
		t.Errorf("a swing of 20 mrad is missed by %.3g rad", s.Worst)
	}
}

// What no replay can use is refused in a line that names the place and what was
// expected there.
func TestRefusesBadLogs(t *testing.T) {
	line := func(n int, text string) string { // of the table
		rows := table()
		rows[n-1] = text
		return strings.Join(rows, "\n")
	}
	without := func(from, to int) string { return strings.Join(slices.Delete(table(), from, to), "\n") }
	scaled := func(time, cmd, pos float64) string {
		rows := table()
		for i := 1; i < len(rows); i++ {
			var t, c, p float64
			if _, err := fmt.Sscanf(rows[i], "%g,%g,%g", &t, &c, &p); err != nil {
				panic(err)
			}
			rows[i] = fmt.Sprintf("%g,%g,%g", time*t, cmd*c, pos*p)
		}
		return strings.Join(rows, "\n")
	}
	edit := func(name string, line int, old, by string) string {
		return sage(t, func(f map[string][]string) { f[name][line] = strings.ReplaceAll(f[name][line], old, by) })
	}
	const deg = 57.29578
	for _, c := range []struct{ name, path, want string }{
		{"gap", file(t, "a.csv", without(40, 60)), "gap of 0.42 s after sample 38"},
		{"back in time", file(t, "a.csv", line(9, "0.01,0,0")), "want increasing times"},
		{"milliseconds", file(t, "a.csv", scaled(1000, 1, 1)), "are the times in s?"},
		{"degrees", file(t, "a.csv", scaled(1, deg, deg)), "these look like degrees"},
		{"degrees against radians", file(t, "a.csv", scaled(1, deg/2, 1)), "want both in rad"},
		{"no time", file(t, "a.csv", line(1, "time,cmd_hip_rad,pos_hip_rad")), ":1: no column t_s"},
		{"no position", file(t, "a.csv", line(1, "t_s,cmd_hip_rad,pos_hop_rad")), ":1: no column pos_hip_rad"},
		{"degrees by name", file(t, "a.csv", line(1, "t_s,cmd_hip_deg,pos_hip_deg")), "want a pair per joint, in rad"},
		{"a column twice", file(t, "a.csv", strings.ReplaceAll(strings.Join(table(), ",1\n"), "pos_hip_rad,1", "pos_hip_rad,pos_hip_rad")+",1"), "a.csv:1: two columns pos_hip_rad"},
		{"a joint twice", file(t, "a.csv", strings.NewReplacer("_rad\n", "_rad,cmd_hip_joint_rad,pos_hip_joint_rad\n", "\n", ",0,0\n").Replace(strings.Join(table(), "\n")+"\n")), "joints hip and hip_joint, want every joint once"},
		{"after empty lines", file(t, "a.csv", line(7, "\n\n0.1,zero,0")), "a.csv:9: column cmd_hip_rad"},
		{"a short row after empty lines", file(t, "a.csv", line(7, "\n\n0.1,0")), "a.csv:9: 2 values"},
		{"time that is no number", file(t, "a.csv", line(2, "NaN,0,0")), "time 0.02 s after NaN s"},
		{"backwards", file(t, "a.csv", scaled(-1, 1, 1)), "want increasing times"},
		{"short row", file(t, "a.csv", line(7, "0.1,0")), "a.csv:7: 2 values, want 3"},
		{"no number", file(t, "a.csv", line(7, "0.1,zero,0")), ":7: column cmd_hip_rad is \"zero\""},
		{"not finite", file(t, "a.csv", line(7, "0.1,NaN,0")), "command NaN at sample 5"},
		{"too short", file(t, "a.csv", without(30, 101)), "want at least 50"},
		{"less than a second", file(t, "a.csv", scaled(0.3, 1, 1)), "want at least 1 s"},
		{"empty", file(t, "a.csv", ""), "want a header and samples"},
		{"another kind", file(t, "a.txt", "hello"), "want a recording (.mcap), a table (.csv)"},
		{"absent", filepath.Join(t.TempDir(), "none.csv"), "no such file"},
		{"no joint list", sage(t, func(f map[string][]string) { f["joint_list.txt"] = nil }), "is no SAGE log: no joint_list.txt"},
		{"a table of a SAGE log", filepath.Join(sage(t, nil), "state_motor.csv"), "want the folder that it is in"},
		{"no commands", sage(t, func(f map[string][]string) { f["control.csv"] = nil }), "control.csv: no such file"},
		{"no positions", edit("state_motor.csv", 0, "positions", "angles"), "state_motor.csv:1: columns"},
		{"a joint too few", edit("state_motor.csv", 3, `"[0.018`, `"[7, 0.018`), "state_motor.csv:4: positions"},
		{"an angle that is null", edit("state_motor.csv", 1, `"[0, `, `"[null, `), "state_motor.csv:2: positions"},
		{"a joint twice in the list", sage(t, func(f map[string][]string) { f["joint_list.txt"][1] = "Rotation" }), "joints Rotation and Rotation"},
		{"a gap of commands", sage(t, func(f map[string][]string) { f["control.csv"] = slices.Delete(f["control.csv"], 40, 60) }), "control.csv: a gap of 0.42 s"},
		{"commands back in time", edit("control.csv", 9, "160005", "16000500"), "control.csv: sample 9: time 0.180005 s after 16.0005 s"},
		{"commands at no time", edit("control.csv", 9, "160005", "NaN"), "control.csv: sample 8: time NaN s"},
		{"nanoseconds", sage(t, func(f map[string][]string) {
			for i := range f["control.csv"][1:] {
				f["control.csv"][i+1] = strings.Replace(f["control.csv"][i+1], fmt.Sprint(20000*i+5), fmt.Sprint(1000*(20000*i+5)), 1)
			}
		}), "are the timestamps in µs?"},
		{"no timestamp", edit("control.csv", 5, "80005", "soon"), "control.csv:6: timestamp"},
		{"no overlap", sage(t, func(f map[string][]string) {
			for i := 1; i < 101; i++ {
				f["control.csv"][i] = fmt.Sprintf(`CONTROL,%d,"[0, 0]"`, 9000000+20000*i)
			}
		}), "want the same times"},
		{"unequal lengths", sage(t, func(f map[string][]string) { f["control.csv"] = f["control.csv"][:70] }), "want the same times"},
		{"no mass", file(t, "a.json", strings.Replace(bench(), "mass", "weight", 1)), `no "mass"`},
		{"mass in g", file(t, "a.json", strings.Replace(bench(), `"mass": 0.5`, `"mass": 500`, 1)), `"mass" is 500, want at most 100 kg`},
		{"length in mm", file(t, "a.json", strings.Replace(bench(), `"length": 0.1`, `"length": 100`, 1)), `"length" is 100, want at most 5 m`},
		{"an arm of less than nothing", file(t, "a.json", strings.Replace(bench(), `"mass"`, `"arm_mass": -1, "mass"`, 1)), `"arm_mass" is -1, want kg`},
		{"a supply of less than nothing", file(t, "a.json", strings.Replace(bench(), `"vin": 7.4`, `"vin": -7.4`, 1)), `"vin" is -7.4, want volts over 0`},
		{"no goal", file(t, "a.json", strings.Replace(bench(), "goal_position", "goal", 1)), "entry 0 lacks"},
		{"no json", file(t, "a.json", "{"), "a.json: "},
		{"no recording", file(t, "a.mcap", "no"), "a.mcap"},
	} {
		l, err := Open(c.path)
		if err == nil {
			t.Errorf("%s: was read: %d samples", c.name, len(l.Time))
			continue
		}
		if s := err.Error(); !strings.HasPrefix(s, "identify: ") || !strings.Contains(s, c.want) || strings.Contains(s, "\n") {
			t.Errorf("%s: %q, want one line of identify with %q", c.name, s, c.want)
		}
	}
}

// A log that is given twice would halve what is not known.
func TestRefusesALogTwice(t *testing.T) {
	one, err := Open(file(t, "one.csv", strings.Join(table(), "\n")))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(file(t, "again.csv", strings.Join(table(), "\n")))
	if err != nil {
		t.Fatal(err)
	}
	oneLine(t, "again.csv are the same log, want it once")(nil, armProfile("hip").Suits([]*Log{one, again}))
}

// A log of another robot is refused by the name of the joint that it lacks.
func TestRefusesALogOfAnotherRobot(t *testing.T) {
	v := arm()
	l := move(Impedance, &v, 4, chirp(4, 0.2, 4), 0, 1)
	if err := armProfile("hip", "knee").Suits([]*Log{l}); err == nil || !strings.Contains(err.Error(), "no joint knee of robot arm; the log has [hip]") {
		t.Errorf("profile: %v", err)
	}
	b := &Body{Robot: "arm", Law: Impedance, Joints: []Joint{{Name: "knee"}}}
	if _, err := Check(b, l); err == nil || !strings.Contains(err.Error(), "no joint knee of body arm") {
		t.Errorf("body: %v", err)
	}
}
