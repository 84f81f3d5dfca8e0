package moteus

import (
	"bytes"
	"errors"
	"fmt"
)

// MaxData is the most that a CAN-FD frame carries, bytes.
const MaxData = 64

// Frame is one CAN-FD frame.
type Frame struct {
	// ID is the arbitration id: destination in bits 0 to 6, source in bits 8 to
	// 14, and bit 15 to ask for a reply.
	ID   uint16
	Data []byte
	// BRS is the fast bit rate, FD is CAN-FD; the adapter decides on what is left open.
	BRS, FD Flag
}

// Flag is one that may be left open.
type Flag int8

// The values of a Flag; in a line On is a capital, Off a small letter.
const (
	Off  Flag = -1
	Open Flag = 0
	On   Flag = 1
)

// replyBit in an id asks for a reply.
const replyBit = 0x8000

// ID is that of a frame from one node to another.
func ID(from, to byte, reply bool) uint16 {
	id := uint16(from&0x7F)<<8 | uint16(to&0x7F)
	if reply {
		id |= replyBit
	}
	return id
}

// Kind is what a line of the adapter's text says.
type Kind byte

// The kinds of lines. An OK may come before or after the replies that the
// command brought: they are two streams.
const (
	Send Kind = iota // can send ID DATA: from the host
	Recv             // rcv ID DATA: to the host
	OK               // the last command was taken
	Fail             // ERR and why
)

// Line is one line of text.
type Line struct {
	Kind  Kind
	Frame Frame
	// Text is the reason of a Fail.
	Text []byte
	// Checked says that the line carried a checksum, and a right one.
	Checked bool
}

// What ParseLine reports.
var (
	ErrChecksum = errors.New("moteus: bad checksum: want *XX of CRC-8 0x97 over the line")
	ErrLine     = errors.New("moteus: bad line: want can send, rcv, OK or ERR")
)

// dlc are the sizes that a CAN-FD frame can have.
var dlc = [...]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64}

// AppendLine appends a line with its end to dst. The data of a sent frame is
// filled up with NOPs to a size that CAN-FD has. checked adds the checksum,
// which the text over a plain UART should have.
func AppendLine(dst []byte, l *Line, checked bool) []byte {
	at := len(dst)
	switch l.Kind {
	case Send:
		dst = appendFrame(append(dst, "can send "...), &l.Frame, true)
	case Recv:
		dst = appendFrame(append(dst, "rcv "...), &l.Frame, false)
	case OK:
		dst = append(dst, "OK"...)
	case Fail:
		dst = append(append(dst, "ERR "...), l.Text...)
	}
	if checked {
		dst = append(dst, ' ')
		c := crc8(dst[at:])
		dst = appendHex(append(dst, '*'), c)
	}
	return append(dst, '\n')
}

func appendFrame(dst []byte, f *Frame, fill bool) []byte {
	if len(f.Data) > MaxData {
		panic(fmt.Sprintf("moteus: %d bytes of data: at most %d fit in a frame", len(f.Data), MaxData))
	}
	if f.ID > 0xFFF || fill { // the adapter leaves zeros out where the host does not
		dst = append(dst, hexDigits[f.ID>>12])
	}
	dst = append(appendHex(append(dst, hexDigits[f.ID>>8&15]), byte(f.ID)), ' ')
	for _, b := range f.Data {
		dst = appendHex(dst, b)
	}
	for n := len(f.Data); fill && !legal(n); n++ {
		dst = appendHex(dst, byte(nop))
	}
	return appendFlag(appendFlag(dst, 'B', f.BRS), 'F', f.FD)
}

func appendFlag(dst []byte, letter byte, f Flag) []byte {
	switch f {
	case On:
		return append(dst, ' ', letter)
	case Off:
		return append(dst, ' ', letter+'a'-'A')
	}
	return dst
}

func legal(n int) bool {
	for _, d := range dlc {
		if n == d {
			return true
		}
	}
	return false
}

const hexDigits = "0123456789ABCDEF"

func appendHex(dst []byte, b byte) []byte {
	return append(dst, hexDigits[b>>4], hexDigits[b&15])
}

// ParseLine parses a line without its end. Data goes to buf, which holds 64
// bytes, and Text lies in the line.
func ParseLine(line, buf []byte) (l Line, err error) {
	line = bytes.TrimRight(line, "\r\n")
	if n := len(line); n >= 4 && line[n-3] == '*' {
		sum, ok := unhex(line[n-2], line[n-1])
		if !ok || crc8(line[:n-3]) != sum {
			return l, ErrChecksum
		}
		l.Checked, line = true, line[:n-3]
	}
	word, rest := cut(line)
	switch string(word) {
	case "OK":
		l.Kind = OK
	case "ERR":
		l.Kind, l.Text = Fail, bytes.Trim(rest, " ")
	case "rcv":
		l.Kind = Recv
		return l, l.Frame.parse(rest, buf)
	case "can":
		if word, rest = cut(rest); string(word) == "send" || string(word) == "std" || string(word) == "ext" {
			l.Kind = Send
			return l, l.Frame.parse(rest, buf)
		}
		return l, ErrLine
	default:
		return l, ErrLine
	}
	return l, nil
}

// cut takes the first word off b.
func cut(b []byte) (word, rest []byte) {
	b = bytes.TrimLeft(b, " ")
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i], b[i:]
	}
	return b, nil
}

// parse reads "ID DATA [flags]".
func (f *Frame) parse(b, buf []byte) error {
	word, rest := cut(b)
	id := uint32(0)
	for _, c := range word {
		d, ok := digit(c)
		if id = id<<4 | uint32(d); !ok || id > 0xFFFF {
			return fmt.Errorf("moteus: id %q: want up to four hex digits", word)
		}
	}
	if len(word) == 0 {
		return ErrLine
	}
	f.ID = uint16(id)
	word, rest = cut(rest)
	if len(word)%2 != 0 || len(word)/2 > min(MaxData, len(buf)) {
		return fmt.Errorf("moteus: %d hex digits of data: want an even number, %d at most", len(word), 2*MaxData)
	}
	for i := 0; i < len(word); i += 2 {
		x, ok := unhex(word[i], word[i+1])
		if !ok {
			return fmt.Errorf("moteus: data %q: want hex digits", word)
		}
		buf[i/2] = x
	}
	f.Data = buf[:len(word)/2]
	for len(rest) > 0 {
		word, rest = cut(rest)
		switch string(word) {
		case "B":
			f.BRS = On
		case "b":
			f.BRS = Off
		case "F":
			f.FD = On
		case "f":
			f.FD = Off
		}
	}
	return nil
}

func unhex(hi, lo byte) (byte, bool) {
	h, ok := digit(hi)
	l, too := digit(lo)
	return h<<4 | l, ok && too
}

func digit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// crc8 is CRC-8 with polynomial 0x97, initial value 0, most significant bit
// first (docs/integration/uart.md). It runs over short lines only.
func crc8(b []byte) (c byte) {
	for _, x := range b {
		c ^= x
		for range 8 {
			c = c<<1 ^ 0x97*(c>>7)
		}
	}
	return c
}
