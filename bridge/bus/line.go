package bus

import (
	"errors"
	"io"
	"time"

	"whisker/bridge/serial"
)

// Port is a serial line, such as serial.Port. Read waits a few milliseconds at
// most and then returns serial.ErrTimeout; Write is bounded too.
type Port = io.ReadWriteCloser

// Line sends requests over a half-duplex port and collects the answers.
type Line struct {
	port Port
	buf  []byte // answers, from head to tail
	head int
	tail int
	// dirty says that late answers may still come.
	dirty bool
}

// NewLine makes a line of a port.
func NewLine(p Port) *Line { return &Line{port: p, buf: make([]byte, 4096)} }

// Send writes a request. What was received before is dropped: after an exchange
// that failed the line is first left alone until it is quiet, because a late
// answer looks like one to the next request.
func (l *Line) Send(b []byte) error {
	if l.dirty {
		l.quiet()
	}
	l.head, l.tail = 0, 0
	_, err := l.port.Write(b)
	return err
}

// A line is quiet after lulls reads that brought nothing in a row; quietTries bounds
// how long a babbling line is waited for.
const (
	lulls      = 3
	quietTries = 64
)

func (l *Line) quiet() {
	for n, tries := 0, 0; n < lulls && tries < quietTries; tries++ {
		k, err := l.port.Read(l.buf)
		if n++; k > 0 {
			n = 0
		} else if !errors.Is(err, serial.ErrTimeout) {
			break
		}
	}
	l.dirty = false
}

// Settle drops what comes until nothing has come for a while: after an answer that
// was one too many, the others may be on their way.
func (l *Line) Settle(quiet time.Duration) {
	l.quiet()
	for end := time.Now().Add(quiet); time.Now().Before(end); {
		n, err := l.port.Read(l.buf)
		if n > 0 {
			end = time.Now().Add(quiet)
		} else if !errors.Is(err, serial.ErrTimeout) {
			return
		}
	}
}

// Fail says that an exchange went wrong; see Send.
func (l *Line) Fail() { l.dirty = true }

// Bytes are those received and not dropped. They are good until the next Fill.
func (l *Line) Bytes() []byte { return l.buf[l.head:l.tail] }

// Drop takes n bytes off.
func (l *Line) Drop(n int) { l.head += n }

// Fill waits for more bytes until a deadline. Its error is serial.ErrTimeout
// when none came.
func (l *Line) Fill(deadline time.Time) error {
	if l.head > 0 {
		l.tail = copy(l.buf, l.buf[l.head:l.tail])
		l.head = 0
	}
	if l.tail == len(l.buf) { // nothing in it was an answer
		l.tail = 0
	}
	for {
		last := !time.Now().Before(deadline) // of a host that paused one more look, too
		n, err := l.port.Read(l.buf[l.tail:])
		if l.tail += n; n > 0 {
			return nil
		}
		if err != nil && !errors.Is(err, serial.ErrTimeout) {
			return err
		}
		if last {
			return serial.ErrTimeout
		}
	}
}

// Close closes the port.
func (l *Line) Close() error { return l.port.Close() }

// Gone says that an error means that the port is of no more use.
func Gone(err error) bool {
	return errors.Is(err, serial.ErrUnplugged) || errors.Is(err, serial.ErrClosed) || errors.Is(err, io.EOF)
}
