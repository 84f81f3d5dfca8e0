package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// Work of 25 s tells twice of how far it is, however many pieces it has.
func TestLongWorkTellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		done := counting(zerolog.New(&log), "synthesising", 100)
		for range 100 {
			time.Sleep(250 * time.Millisecond)
			done()
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `"done":40,"of":100,"message":"synthesising"`) {
			t.Errorf("told:\n%s", log.String())
		}
	})
}
