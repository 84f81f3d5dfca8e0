package report

import (
	"os"
	"path/filepath"
	"testing"
)

func TestGatesAreReadOverTheDefaults(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "gates.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	g, err := ReadGates(file("joint_rmse_rad: 0.5\n"))
	if err != nil || g.RMSE != 0.5 || g.MAE != DefaultGates().MAE || g.FloorFactor != 1.5 {
		t.Errorf("%+v, %v", g, err)
	}
	for _, c := range []struct{ text, want string }{
		{"joint_rmse_rad: 0.5\nrmse: 1\n", `gates.yaml:2: unknown field "rmse"`},
		{"coverage: high\n", "gates.yaml:1: "},
		{"\ncoverage: -1\n", "gates.yaml:2: coverage is -1, expected a number of 0 or more"},
		{"coverage: .nan\n", "gates.yaml:1: coverage is NaN"},
	} {
		_, err := ReadGates(file(c.text))
		refused(t, err, c.want)
	}
	_, err = ReadGates("absent.yaml")
	refused(t, err, "absent.yaml")
}
