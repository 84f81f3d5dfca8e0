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
		{"a servo's bad CRC among good frames", []string{"decode", "--proto", "dynamixel", "FF FF FD 00 01 03 00 01 19 4F", "FFFFFD000103000119 4E"}, exitFault, `{"id":1,"instruction":"ping"}`},
		{"the manual's wrong CRC", []string{"decode", "--proto", "dynamixel", "FF FF FD 00 FE 12 00 9A 03 84 00 04 00 07 7C 00 02 00 04 92 00 01 00 20 F2"}, exitFault, "bad CRC"},
		{"a bad checksum", []string{"decode", "--proto", "feetech", "FF FF 01 02 01 FA"}, exitFault, "bad checksum"},
		{"a cut line", []string{"decode", "--proto", "moteus", "can send 8001 0100"}, exitFault, "cut off"},
		{"a line's bad checksum", []string{"decode", "--proto", "moteus", "OK", "ERR checksum *B9"}, exitFault, `{"kind":"ok"}`},
		{"a motor's bad CRC", []string{"decode", "--proto", "unitree", "FEEE1100000000000000000000B40037C2"}, exitFault, "bad CRC"},
		{"a servo's letters", []string{"decode", "--proto", "feetech", "servo"}, exitUsage, "is not hexadecimal"},
		{"a servo's object", []string{"encode", "--proto", "dynamixel", `{"id":1,"instruction":"dance"}`}, exitFault, "sync_read"},
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

// A line that was not quoted is one line.
func TestWireTakesALineInWords(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(strings.Fields("wire decode --proto moteus can send 8001 01000A b *1E"), &out, &errs); code != exitDone || !strings.Contains(out.String(), `"checksum":true`) {
		t.Errorf("exit %d, %s%s", code, out.String(), errs.String())
	}
}

// Bytes are taken as programs, manuals and captures write them.
func TestWireTakesHexInDifferentSpellings(t *testing.T) {
	const ping, mode = `{"id":1,"instruction":"ping"}`, `{"kind":"payload","subframes":[{"op":"write","resolution":"int8","register":0,"names":["mode"],"values":[0]}]}`
	for _, c := range []struct {
		proto string
		args  []string
		want  string
	}{
		{"dynamixel", []string{"FF FF FD 00 01 03 00 01 19 4E"}, ping},
		{"dynamixel", []string{"FF", "FF", "FD", "00", "01", "03", "00", "01", "19", "4E"}, ping},
		{"dynamixel", []string{"fffffd0001030", "001194e"}, ping},
		{"dynamixel", []string{"0xFF 0xFF 0xFD 0x00 0x01 0x03 0x00 0x01 0x19 0x4E"}, ping},
		{"dynamixel", []string{"{0xff, 0xff, 0xfd, 0x0, 0x1, 0x3, 0x0, 0x1, 0x19, 0x4e};"}, ping},
		{"dynamixel", []string{"0xFFFFFD0001030001194E"}, ping},
		{"dynamixel", []string{"FF:FF:FD:00:01:03:00:01:19:4E"}, ping},
		{"dynamixel", []string{"FF-FF-FD-00-01-03-00-01-19-4E"}, ping},
		{"dynamixel", []string{`\xFF\xFF\xFD\x00\x01\x03\x00\x01\x19\x4E`}, ping},
		{"dynamixel", []string{"FF\tFF FD 00 01\r\n03 00 01 19 4E\r\n"}, ping},
		{"moteus", []string{"010000"}, mode},
		{"moteus", []string{"01", "00", "00"}, mode},
		{"moteus", []string{"0x01,0x00,0x00"}, mode},
		{"moteus", []string{"01:00:00"}, mode},
		{"moteus", []string{"01 00 00 -> 0x010000"}, mode + "\n" + mode},
		{"moteus", []string{"010000", "01 00 00"}, mode + "\n" + mode},
		{"moteus", []string{"conf get can.prefix-0x1"}, `{"kind":"command","text":"conf get can.prefix-0x1"}`},
	} {
		var out, errs bytes.Buffer
		if code := run(append([]string{"wire", "decode", "--proto", c.proto}, c.args...), &out, &errs); code != exitDone || strings.TrimSpace(out.String()) != c.want {
			t.Errorf("%q: exit %d, %s%s: want %s", c.args, code, out.String(), errs.String(), c.want)
		}
	}
}

func TestPorts(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run([]string{"ports"}, &out, &errs); code != exitDone || out.Len() == 0 {
		t.Errorf("exit %d, %s%s", code, out.String(), errs.String())
	}
}
