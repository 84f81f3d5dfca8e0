package main

import (
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"
)

// What is recorded names the revision, also where Go's flags say not to stamp it.
func TestMakeBuildsWithTheRevision(t *testing.T) {
	head, _ := exec.Command("git", "rev-parse", "HEAD").Output() // nothing without git or a repository: then the linker is told nothing
	out, err := exec.Command("make", "-C", "../..", "-n", "build").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := "-X main.revision=" + strings.TrimSpace(string(head)); !strings.Contains(string(out), want) {
		t.Errorf("no %q in\n%s", want, out)
	}
}

func TestVersionIsTheRevisionThatGoStamped(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	for want, settings := range map[string][]debug.BuildSetting{
		"abc":         {setting("vcs.revision", "abc"), setting("vcs.modified", "false")},
		"abc+changes": {setting("vcs.revision", "abc"), setting("vcs.modified", "true")},
		"unknown":     nil,
	} {
		if got := stamped(&debug.BuildInfo{Settings: settings}); got != want {
			t.Errorf("%v is %q, want %q", settings, got, want)
		}
	}
	was := revision
	defer func() { revision = was }()
	if revision = "def"; version() != "def" {
		t.Errorf("the linker said def, the version is %q", version())
	}
}
