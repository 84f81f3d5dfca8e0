package emulate

import (
	"os"
)

type line struct{}

func (l *line) close() {}

var _ = os.Stdin
