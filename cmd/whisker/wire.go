package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"whisker/bridge/dynamixel"
	"whisker/bridge/feetech"
	"whisker/bridge/moteus"
	"whisker/bridge/unitree"
	"whisker/bridge/wire"
)

// wireCmd translates frames of the serial line.
type wireCmd struct {
	Decode wireDecodeCmd `cmd:"" help:"Print frames as JSON, an object each, or what is wrong with them."`
	Encode wireEncodeCmd `cmd:"" help:"Print JSON objects as frames."`
}

// errBadFrame is told on standard output already, frame by frame.
var errBadFrame = errors.New("wire: not every frame is right")

// text translates one protocol's frames.
type text struct {
	decode func(string) ([][]byte, error)
	encode func([]byte) (string, error)
	lines  bool // frames are lines of text, not only hexadecimal bytes
}

var texts = map[string]text{
	"dynamixel": {decode: dynamixel.DecodeText, encode: dynamixel.EncodeText},
	"feetech":   {decode: feetech.DecodeText, encode: feetech.EncodeText},
	"moteus":    {decode: moteus.DecodeText, encode: moteus.EncodeText, lines: true},
	"unitree":   {decode: unitree.DecodeText, encode: unitree.EncodeText},
}

type wireDecodeCmd struct {
	Proto string   `help:"Protocol: whisker, dynamixel, feetech, moteus or unitree." enum:"whisker,dynamixel,feetech,moteus,unitree" default:"whisker"`
	Hex   []string `arg:"" name:"hex|line" help:"Hexadecimal bytes of the line, in any portions, also as 0xFF, 0xFF or FF:FF; of moteus one payload, or several and lines of its adapter, each quoted."`
}

// Run is called by kong.
func (c *wireDecodeCmd) Run(e *env) error {
	if t, ok := texts[c.Proto]; ok && t.lines {
		separator := "\n"
		if first := c.Hex[0]; first == "can" || first == "rcv" || first == "ERR" || first == "conf" || isHex(first) && len(digits(first)) == 2 {
			separator = " " // one line, or bytes of one payload, that were not quoted
		}
		return t.print(e.out, plainLines(strings.Join(c.Hex, separator)))
	}
	stream, err := hex.DecodeString(digits(strings.Join(c.Hex, " ")))
	if err != nil {
		return usage(fmt.Errorf("wire: %q is not hexadecimal: %w", strings.Join(c.Hex, " "), err))
	}
	if t, ok := texts[c.Proto]; ok {
		return t.print(e.out, hex.EncodeToString(stream))
	}
	return decodeWhisker(e.out, append(stream, 0)) // the last frame may lack its delimiter
}

// digits takes away what is written between bytes in hexadecimal: blanks, commas,
// semicolons, colons, dashes, brackets, and 0x or \x before each.
func digits(text string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;:-[]{}()", r) }) {
		bare := strings.NewReplacer("0x", "", "0X", "", `\x`, "").Replace(word)
		if len(bare) == 1 && len(word) == 3 {
			bare = "0" + bare // 0x1
		}
		b.WriteString(bare)
	}
	return b.String()
}

// isHex says that there are digits, and nothing but them and what digits takes away.
func isHex(text string) bool {
	d := digits(text)
	return d != "" && strings.Trim(d, "0123456789abcdefABCDEF") == ""
}

// plainLines writes those lines that are bytes in hexadecimal as digits alone. "->"
// between a question and its answer ends a line.
func plainLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "->", "\n"), "\n")
	for i, line := range lines {
		if isHex(line) {
			lines[i] = digits(line)
		}
	}
	return strings.Join(lines, "\n")
}

// print writes a line for every frame, or for what is none.
func (t text) print(out io.Writer, frames string) error {
	objects, err := t.decode(frames)
	for _, o := range objects {
		if _, err := fmt.Fprintf(out, "%s\n", o); err != nil {
			return err
		}
	}
	if err != nil {
		return errBadFrame
	}
	if len(objects) == 0 {
		return errors.New("wire: no frame in these bytes")
	}
	return nil
}

// decodeWhisker prints a line for every frame in the stream.
func decodeWhisker(out io.Writer, stream []byte) error {
	var rx wire.Receiver
	var bad error
	frames := 0
	for {
		rest, f, verdict, ok := rx.Next(stream)
		if !ok {
			break
		}
		stream = rest
		frames++
		line := wire.AppendJSON
		if verdict != wire.Accepted {
			bad = errBadFrame
			line = func(b []byte, _ *wire.Frame) []byte {
				return fmt.Appendf(b, `{"error":%q,"frame":%d,"want":%q}`, verdict, frames, wantOf(verdict))
			}
		}
		if _, err := fmt.Fprintf(out, "%s\n", line(nil, &f)); err != nil {
			return err
		}
	}
	if frames == 0 {
		return fmt.Errorf("wire: no frame in these bytes, want COBS between zeros")
	}
	return bad
}

// wantOf says what a frame would have had to be.
func wantOf(v wire.Verdict) string {
	switch v {
	case wire.VerdictShort:
		return "16 bytes of header and 4 of CRC at least"
	case wire.VerdictLong:
		return "at most 255 bytes between two zeros"
	case wire.VerdictCOBS:
		return "code bytes that stay within the frame"
	case wire.VerdictCRC:
		return "the CRC-32C of the bytes before it"
	case wire.VerdictVersion:
		return fmt.Sprintf("version %d", wire.Version)
	case wire.VerdictType:
		return "a type of the schema"
	case wire.VerdictLength:
		return "the length of the type"
	}
	return "a frame"
}

type wireEncodeCmd struct {
	Proto string   `help:"Protocol: whisker, dynamixel, feetech, moteus or unitree." enum:"whisker,dynamixel,feetech,moteus,unitree" default:"whisker"`
	JSON  []string `arg:"" name:"json" help:"Objects as decode prints them."`
}

// Run is called by kong.
func (c *wireEncodeCmd) Run(e *env) error {
	for _, object := range c.JSON {
		frame, err := c.encode([]byte(object))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(e.out, frame); err != nil {
			return err
		}
	}
	return nil
}

func (c *wireEncodeCmd) encode(object []byte) (string, error) {
	if t, ok := texts[c.Proto]; ok {
		return t.encode(object)
	}
	h, m, err := wire.ParseJSON(object)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(wire.Append(nil, h, m)), nil
}
