package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The frames of the golden file, through both directions of the command.
func TestWireOnGoldenFrames(t *testing.T) {
	file, err := os.ReadFile("../../firmware/frames.golden")
	if err != nil {
		t.Fatal(err)
	}
	var digits, objects []string
	for _, line := range strings.Split(strings.TrimSpace(string(file)), "\n") {
		d, o, _ := strings.Cut(line, " ")
		digits, objects = append(digits, d), append(objects, o)
	}
	var out, errs bytes.Buffer
	if code := run(append([]string{"wire", "decode"}, digits...), &out, &errs); code != exitDone || out.String() != strings.Join(objects, "\n")+"\n" {
		t.Errorf("decode: exit %d, %s%s", code, out.String(), errs.String())
	}
	out.Reset()
	if code := run(append([]string{"wire", "encode", "--proto", "whisker"}, objects...), &out, &errs); code != exitDone || out.String() != strings.Join(digits, "\n")+"\n" {
		t.Errorf("encode: exit %d, %s%s", code, out.String(), errs.String())
	}
}

func TestWireSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"a cut frame", []string{"decode", "000401027a0b44"}, exitFault, `{"error":"cobs","frame":1,"want":"code bytes that stay within the frame"}`},
		{"a byte", []string{"decode", "01"}, exitFault, `{"error":"short"`},
		{"zeros", []string{"decode", "0000"}, exitFault, "wire: no frame in these bytes"},
		{"no digits", []string{"decode", "motor"}, exitUsage, "is not hexadecimal"},
		{"another protocol", []string{"decode", "--proto", "can", "00"}, exitUsage, "--proto must be one of"},
		{"no object", []string{"encode", "stop"}, exitFault, "wire: want one JSON object"},
		{"no key", []string{"encode", `{"type":"stop","session":1,"seq":2}`}, exitFault, "wire: time_us: want a whole number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := run(append([]string{"wire"}, c.args...), &out, &errs); code != c.code || !strings.Contains(out.String()+errs.String(), c.want) {
				t.Errorf("exit %d, want %d with %q; said %s%s", code, c.code, c.want, out.String(), errs.String())
			}
		})
	}
}

func TestPorts(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run([]string{"ports"}, &out, &errs); code != exitDone || out.Len() == 0 {
		t.Errorf("exit %d, %s%s", code, out.String(), errs.String())
	}
}
