package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"whisker/hil"
)

// unlike says in what a recording differs from the second that a repetition shares
// with it; "" is one.
func unlike(second, x *recording) string {
	var found []string
	a, b := &second.header, &x.header
	for _, d := range [...]struct{ what, of, other string }{
		{"the model", a.Model, b.Model}, {"the policy", a.Policy, b.Policy}, {"the firmware", a.Firmware, b.Firmware},
	} {
		if d.of != d.other {
			found = append(found, differs(d.what, fingerprint(d.of), fingerprint(d.other)))
		}
	}
	u, v := acts(second.scenario), acts(x.scenario)
	for _, key := range slices.Sorted(maps.Keys(u)) {
		if u[key] != v[key] {
			found = append(found, differs(key, u[key], v[key]))
		}
	}
	return strings.Join(found, ", ")
}

func differs(what, a, b string) string {
	return fmt.Sprintf("%s (%s and %s)", what, named(a), named(b))
}

// acts are the values of a scenario, by key, that change what the robot does: not who
// watches and by what it is judged, nor the names of files of which the recording holds
// hashes.
func acts(s hil.Scenario) map[string]string {
	s.Record, s.Activate, s.View, s.Video, s.VideoFPS, s.Realtime, s.MQTT, s.Gates = "", false, "", "", 0, "", hil.MQTT{}, hil.Gates{}
	s.Model, s.Policy = "", ""
	if s.Physics.Randomise == "" {
		s.Physics.RandomSeed = 0
	}
	var tree map[string]any
	if err := yaml.Unmarshal(s.YAML(), &tree); err != nil {
		panic("report: " + err.Error()) // a scenario encodes as one
	}
	flat := map[string]string{}
	for key, x := range tree {
		part, ok := x.(map[string]any)
		if !ok {
			flat[key] = fmt.Sprint(x)
			continue
		}
		for inner, x := range part {
			flat[key+"."+inner] = fmt.Sprint(x)
		}
	}
	return flat
}
