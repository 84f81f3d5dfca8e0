package wire

import "bytes"

// Receiver cuts a stream of bytes into frames. The zero Receiver is ready.
type Receiver struct {
	// Refused counts what was no frame, by verdict.
	Refused [Verdicts]uint64
	buf     [maxFrame + 1]byte
	n       int
	long    bool // the present frame is too long; its bytes are dropped
}

// Next takes bytes off in up to the end of one frame. It returns what is left
// of in, and the verdict on the frame, with ok false when in held no end of a
// frame. The frame is valid until the next call.
func (r *Receiver) Next(in []byte) (rest []byte, f Frame, v Verdict, ok bool) {
	for {
		end := bytes.IndexByte(in, 0)
		if end < 0 {
			r.push(in)
			return nil, Frame{}, 0, false
		}
		r.push(in[:end])
		in = in[end+1:]
		if r.n > 0 { // else delimiters next to each other
			f, v = r.end()
			return in, f, v, true
		}
	}
}

func (r *Receiver) push(b []byte) {
	n := copy(r.buf[r.n:], b)
	r.n += n
	r.long = r.long || n < len(b)
}

func (r *Receiver) end() (f Frame, v Verdict) {
	v = VerdictLong
	if !r.long {
		f, v = decode(r.buf[:r.n])
	}
	if v != Accepted {
		r.Refused[v]++
	}
	r.n, r.long = 0, false
	return f, v
}
