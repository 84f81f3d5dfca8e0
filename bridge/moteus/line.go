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
	// ID is the arbitration id: destination in bits 0 to 7, source in bits 8 to
	// 14, bit 15 to ask for a reply, and the prefix of a bus from bit 16 on.
	ID uint32
	// Digits is how many hex digits the id was written with; 0 is as many as usual.
	Digits int
	Data   []byte
	// BRS is the fast bit rate, FD is CAN-FD; the adapter decides on what is left open.
	BRS, FD Flag
	// Flags is the text of all flags of a parsed line, besides these two extended or
	// standard id (E, e), remote frame (R, r), time (tNNN us) and filter (fNN). Where
	// it is there, it is what AppendLine writes.
	Flags []byte
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
func ID(from, to byte, reply bool) uint32 {
	id := uint32(from&0x7F)<<8 | uint32(to)
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
	Send    Kind = iota // can send ID DATA: from the host
	SendStd             // can std ID DATA: the same with a standard id
	SendExt             // can ext ID DATA: with an extended one
	Recv                // rcv ID DATA: to the host
	OK                  // the last command was taken
	Fail                // ERR and why
	Command             // can on, off or status; conf and what follows
)

// Line is one line of text.
type Line struct {
	Kind  Kind
	Frame Frame
	// Text is the reason of a Fail, or a Command.
	Text []byte
	// Checked says that the line carried a checksum, and a right one.
	Checked bool
}

// What ParseLine reports.
var (
	ErrChecksum = errors.New("moteus: bad checksum: want *XX of CRC-8 0x97 over the line")
	ErrLine     = errors.New("moteus: bad line: want can send, rcv, OK, ERR, can on, off or status, or conf")
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
		dst = appendFrame(append(dst, "can send "...), &l.Frame, 4, true)
	case SendStd:
		dst = appendFrame(append(dst, "can std "...), &l.Frame, 3, true)
	case SendExt:
		dst = appendFrame(append(dst, "can ext "...), &l.Frame, 4, true)
	case Recv:
		dst = appendFrame(append(dst, "rcv "...), &l.Frame, 3, false)
	case OK:
		dst = append(dst, "OK"...)
	case Fail:
		dst = append(dst, "ERR"...)
		if len(l.Text) > 0 {
			dst = append(append(dst, ' '), l.Text...)
		}
	case Command:
		dst = append(dst, l.Text...)
	}
	if checked {
		dst = append(dst, ' ')
		c := crc8(dst[at:])
		dst = appendHex(append(dst, '*'), c)
	}
	return append(dst, '\n')
}

// appendFrame writes "ID DATA FLAGS", the id with so many digits at least.
func appendFrame(dst []byte, f *Frame, digits int, fill bool) []byte {
	if len(f.Data) > MaxData {
		panic(fmt.Sprintf("moteus: %d bytes of data: at most %d fit in a frame", len(f.Data), MaxData))
	}
	if f.Digits > 0 {
		digits = min(f.Digits, 8)
	}
	for i := 7; i >= 0; i-- {
		if i < digits || f.ID>>(4*i) != 0 {
			dst = append(dst, hexDigits[f.ID>>(4*i)&15])
		}
	}
	dst = append(dst, ' ')
	for _, b := range f.Data {
		dst = appendHex(dst, b)
	}
	for n := len(f.Data); fill && !legal(n); n++ {
		dst = appendHex(dst, byte(Nop))
	}
	if f.Flags != nil {
		return append(append(dst, ' '), f.Flags...)
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
		return l, l.can(line, rest, buf)
	case "conf":
		l.Kind, l.Text = Command, bytes.Trim(line, " ")
	default:
		return l, ErrLine
	}
	return l, nil
}

// can parses what follows the word "can" in a line.
func (l *Line) can(line, rest, buf []byte) error {
	word, rest := cut(rest)
	switch string(word) {
	case "send":
		l.Kind = Send
	case "std":
		l.Kind = SendStd
	case "ext":
		l.Kind = SendExt
	case "on", "off", "status":
		l.Kind, l.Text = Command, bytes.Trim(line, " ")
		return nil
	default:
		return ErrLine
	}
	return l.Frame.parse(rest, buf)
}

// cut takes the first word off b.
func cut(b []byte) (word, rest []byte) {
	b = bytes.TrimLeft(b, " ")
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i], b[i:]
	}
	return b, nil
}

// maxID is the largest extended id.
const maxID = 1<<29 - 1

// parse reads "ID DATA [flags]".
func (f *Frame) parse(b, buf []byte) error {
	word, rest := cut(b)
	if len(word) == 0 {
		return ErrLine
	}
	for _, c := range word {
		d, ok := digit(c)
		if f.ID = f.ID<<4 | uint32(d); !ok || len(word) > 8 || f.ID > maxID {
			return fmt.Errorf("moteus: id %q: want hex digits, 1FFFFFFF at most", word)
		}
	}
	f.Digits = len(word)
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
	return f.flags(bytes.Trim(rest, " "))
}

// flags reads letters, with or without blanks between them, and numbers.
func (f *Frame) flags(b []byte) error {
	if len(b) > 0 {
		f.Flags = b
	}
	for i := 0; i < len(b); i++ {
		switch number := i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9'; {
		case number && (b[i] == 't' || b[i] == 'f'):
			for i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9' {
				i++
			}
		case b[i] == 'B':
			f.BRS = On
		case b[i] == 'b':
			f.BRS = Off
		case b[i] == 'F':
			f.FD = On
		case b[i] == 'f':
			f.FD = Off
		case b[i] != ' ' && b[i] != 'E' && b[i] != 'e' && b[i] != 'R' && b[i] != 'r':
			return fmt.Errorf("moteus: flags %q: want E, B, F, R, small or capital, tNNN, fNN", b)
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
