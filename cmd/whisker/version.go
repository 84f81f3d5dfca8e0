package main

import "runtime/debug"

// revision is set by the linker (make build, make dist).
var revision string

// version is the revision that this binary was built from.
func version() string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return stamped(info)
}

// stamped is the revision that Go found the source to be of.
func stamped(info *debug.BuildInfo) string {
	rev, dirty := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	return rev + dirty
}
