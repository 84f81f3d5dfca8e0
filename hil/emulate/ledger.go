package emulate

import (
	"hash/crc64"

	"whisker/bridge/wire"
)

// ledger remembers what was truly said, to know of each frame that is accepted
// whether it is one of those.
type ledger struct {
	sum     [wire.Window]uint64
	rx      wire.Receiver // of what is delivered
	intact  uint64        // accepted, and as they were said
	altered uint64        // accepted, and never said so
}

var crcTable = crc64.MakeTable(crc64.ECMA)

func sumOf(f *wire.Frame) uint64 {
	return crc64.Update(uint64(f.Type)<<32|uint64(f.TimeUs), crcTable, f.Payload)
}

// said notes a frame before anything happens to it.
func (l *ledger) said(f *wire.Frame) { l.sum[f.Seq%wire.Window] = sumOf(f) }

// heard counts a frame that was accepted.
func (l *ledger) heard(f *wire.Frame) {
	if l.sum[f.Seq%wire.Window] == sumOf(f) {
		l.intact++
	} else {
		l.altered++
	}
}

// delivered counts the frames in bytes that reach the other end.
func (l *ledger) delivered(b []byte) {
	for {
		rest, f, verdict, ok := l.rx.Next(b)
		if !ok {
			return
		}
		if b = rest; verdict == wire.Accepted {
			l.heard(&f)
		}
	}
}
