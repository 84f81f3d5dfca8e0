package board

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// image is the firmware for the host board, with sanitizers, built once.
var image = sync.OnceValues(func() (string, error) {
	fw := "../../firmware"
	files, err := filepath.Glob(fw + "/*.c")
	if err != nil {
		return "", err
	}
	more, err := filepath.Glob(fw + "/board/host/*.c")
	if err != nil {
		return "", err
	}
	out := filepath.Join(tmp, "firmware")
	args := append([]string{"-std=c11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", fw, "-o", out}, files...)
	if text, err := exec.Command("cc", append(append(args, more...), "-lm")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("cc: %w\n%s", err, text)
	}
	return out, nil
})

var tmp string

func TestMain(m *testing.M) {
	var err error
	if tmp, err = os.MkdirTemp("", "board"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	runtime.GOMAXPROCS(1) // what keeps the host from running keeps the firmware's clock from it too
	code := m.Run()
	os.RemoveAll(tmp)
	os.Exit(code)
}
