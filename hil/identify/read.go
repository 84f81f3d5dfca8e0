package identify

import (
	"fmt"
	"os"
	"path/filepath"
)

// Open reads a log: a recording of Whisker (.mcap), a CSV table with columns
// t_s, cmd_NAME_rad and pos_NAME_rad, a bench log of Rhoban/bam (.json), or the
// folder of a SAGE log. What cannot be replayed is refused: gaps, columns that
// are missing, series of unequal length, commands and states that do not
// overlap, angles that are no radians and times that are no seconds.
func Open(path string) (*Log, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("identify: %w", err)
	}
	var l *Log
	switch ext := filepath.Ext(path); {
	case info.IsDir():
		l, err = readSAGE(path)
	case ext == ".csv":
		l, err = readCSV(path)
	case ext == ".mcap":
		l, err = readRecording(path)
	case ext == ".json":
		l, err = readBAM(path)
	default:
		return nil, fmt.Errorf("identify: %s: want a recording (.mcap), a table (.csv), a bench log (.json) or a SAGE folder", path)
	}
	if err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	for i := len(l.Time) - 1; i >= 0; i-- {
		l.Time[i] -= l.Time[0]
	}
	return l, nil
}
