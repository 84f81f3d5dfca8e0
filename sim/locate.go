package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// locate returns the model's file: the one named, else the rat that `make deps`
// fetched, looked for beside the executable's folder and in the source tree.
func locate(model string) (string, error) {
	if model != "" {
		if _, err := os.Stat(model); err != nil {
			return "", fmt.Errorf("sim: model %s: %w", model, err)
		}
		return model, nil
	}
	var tried []string
	for _, root := range roots() {
		file := filepath.Join(root, ".deps", "rodent.xml")
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
		tried = append(tried, file)
	}
	return "", fmt.Errorf("sim: the rat's model is not there (tried %v): run `make deps`, or name a model file", tried)
}

func roots() []string {
	var dirs []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dirs = append(dirs, filepath.Join(filepath.Dir(exe), ".."))
	}
	if _, file, _, ok := runtime.Caller(0); ok {
		dirs = append(dirs, filepath.Join(filepath.Dir(file), ".."))
	}
	return dirs
}
