package test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const stm32 = "../build/stm32f405/whisker.elf"

// symbol is the address of a variable of the image.
func symbol(t *testing.T, name string) uint64 {
	t.Helper()
	out, err := exec.Command("arm-none-eabi-nm", stm32).Output()
	if err != nil {
		t.Fatalf("%s: %v: run make firmware", stm32, err)
	}
	for line := range strings.Lines(string(out)) {
		var at uint64
		var kind, is string
		if _, err := fmt.Sscanf(line, "%x %s %s", &at, &kind, &is); err == nil && is == name {
			return at
		}
	}
	t.Fatalf("%s has no symbol %s", stm32, name)
	return 0
}

// TestSTM32RunsWithoutItsParts starts the image on a machine that has the core
// and none of clock, CAN, DMA and IMU that a board has: every wait ends, and the
// loop runs. It shows no more than that.
func TestSTM32RunsWithoutItsParts(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "qmp")
	cmd := exec.Command("qemu-system-arm", "-M", "netduinoplus2", "-nodefaults", "-display", "none", "-qmp", "unix:"+sock+",server=on,wait=off", "-kernel", stm32)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var conn net.Conn
	var err error
	for range 6000 { // a minute
		if conn, err = net.Dial("unix", sock); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	r := bufio.NewReader(conn)
	qmp(t, r, conn, `{"execute": "qmp_capabilities"}`)
	at := symbol(t, "robot_ticks_run")
	read := func() (v uint64) {
		text := qmp(t, r, conn, fmt.Sprintf(`{"execute": "human-monitor-command", "arguments": {"command-line": "xp /1wx 0x%x"}}`, at))
		if _, err := fmt.Sscanf(text[strings.Index(text, ":")+1:], " 0x%x", &v); err != nil {
			t.Fatalf("xp said %q", text)
		}
		return v
	}
	for first, end := read(), time.Now().Add(time.Minute); read() < first+10; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d ticks ran in a minute", read()-first)
		}
	}
}

// TestSTM32Drivers builds the drivers for this machine, with a model of the chip
// behind their registers, and runs the firmware on it.
func TestSTM32Drivers(t *testing.T) {
	dir := t.TempDir()
	fixed := []string{"-no-pie", "-fno-pie", "-iquote", "stm32", "-iquote", "unit"} // DMA knows 32 bits of an address
	loop := filepath.Join(dir, "main.o")
	cc(t, append(fixed, "-Dmain=firmware_main", "-c", "-o", loop, "../main.c")...)
	exe := filepath.Join(dir, "drivers")
	args := append(fixed, "-o", exe, loop)
	for _, pattern := range []string{"stm32/*.c", "../board/stm32f405/*.c"} {
		sources, err := filepath.Glob(pattern)
		if err != nil || len(sources) < 3 {
			t.Fatalf("%s are %v, %v", pattern, sources, err)
		}
		args = append(args, sources...)
	}
	for _, src := range portable {
		args = append(args, "../"+src)
	}
	cc(t, append(args, "-lm")...)
	out, err := exec.Command(exe).CombinedOutput()
	report(t, "drivers_test.c", string(out), err)
}

// qmp gives a command and returns the text that it is answered with.
func qmp(t *testing.T, r *bufio.Reader, w io.Writer, command string) string {
	t.Helper()
	fmt.Fprintln(w, command)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		if m["error"] != nil {
			t.Fatalf("QMP %s: %s", command, line)
		}
		if text, ok := m["return"]; ok {
			s, _ := text.(string)
			return s
		}
	}
}
