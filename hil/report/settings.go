package report

import "fmt"

// settings are what the recordings themselves say that differs: it needs no
// replay, and a replay may take it for something else.
func (c *comparison) settings() (found []string) {
	a, b := &c.a.header, &c.b.header
	x, y := &c.a.scenario, &c.b.scenario
	differ := func(what string, u, v any) {
		if u != v && u != "" && v != "" {
			found = append(found, fmt.Sprintf("%s (%v and %v)", what, u, v))
		}
	}
	differ("the kind", c.a.kind, c.b.kind)
	differ("the physics step, ms", x.Physics.TimestepMs, y.Physics.TimestepMs)
	differ("the MuJoCo version", a.MuJoCo, b.MuJoCo)
	differ("the firmware", fingerprint(a.Firmware), fingerprint(b.Firmware))
	differ("the policy", named(fingerprint(a.Policy)), named(fingerprint(b.Policy)))
	if c.a.kind == c.b.kind { // a plant behind a firmware has that one's period
		differ("the model", fingerprint(a.Model), fingerprint(b.Model))
	}
	differ("the stand", held(x.Physics.Held), held(y.Physics.Held))
	differ("the randomisation", named(x.Physics.Randomise), named(y.Physics.Randomise))
	return found
}

// fingerprint is the part of a hash that people compare.
func fingerprint(hash string) string { return hash[:min(len(hash), 8)] }

func named(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func held(yes bool) string {
	if yes {
		return "held"
	}
	return "on its feet"
}
