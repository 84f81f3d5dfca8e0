package record

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"whisker/controller"
)

// Reader reads a recording from front to back, also one that breaks off.
type Reader struct {
	Header Header

	scan    *scanner
	closer  io.Closer
	prelude prelude
	index   *index // nil where there is none that holds
	broken  error  // why there is none

	chunk   []byte // records of the open chunk
	rest    []byte // those not yet returned
	chunkAt int64
	ended   error // what every further Next returns
}

// Message is one entry of a recording. JSON is valid until the next one is read.
type Message struct {
	Topic string
	Seq   uint32        // counts the messages of the topic from 0
	Log   time.Duration // when, on the recording's clock
	Robot time.Duration // when, on the robot's
	JSON  []byte
}

// Open opens a recording and reads its header. A recording that breaks off
// opens too, unless it does so within the header.
func Open(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("record: %w", err)
	}
	r, err := newReader(f, st.Size(), path)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.closer = f
	return r, nil
}

func newReader(src io.ReaderAt, size int64, name string) (*Reader, error) {
	s, err := newScanner(src, size, name)
	if err != nil {
		return nil, err
	}
	r := &Reader{scan: s, prelude: prelude{topics: map[uint16]string{}}}
	if err := r.readHeader(); err != nil {
		return nil, err
	}
	r.index, r.broken = s.index()
	return r, nil
}

// readHeader reads what precedes the first chunk.
func (r *Reader) readHeader() error {
	for {
		at, crc := r.scan.at, r.scan.crc
		op, body, err := r.scan.next()
		if err == io.EOF || err == nil && (op == opChunk || op == opMessage) {
			r.scan.at, r.scan.crc = at, crc
			break
		}
		if err != nil {
			return err
		}
		if err := r.around(op, body, at); err != nil {
			return err
		}
	}
	r.Header = r.prelude.header
	if r.Header.Body == nil {
		return fmt.Errorf("record: %s: no recording of Whisker: its header lacks %s", r.scan.name, attachBody)
	}
	if err := r.Header.check(); err != nil {
		return r.scan.damaged(0, "%s", strings.TrimPrefix(err.Error(), "record: "))
	}
	return nil
}

// around takes a record that is neither chunk nor message.
func (r *Reader) around(op byte, body []byte, at int64) error {
	if err := r.prelude.take(op, body); err != nil {
		return r.scan.damaged(at, "%v", err)
	}
	return nil
}

// Next returns the next message, in the order of writing. It returns io.EOF at
// the end, and an error that wraps ErrDamaged where the recording breaks off.
func (r *Reader) Next() (Message, error) {
	for r.ended == nil {
		for len(r.rest) > 0 {
			m, ok, err := r.inChunk()
			if err != nil {
				r.ended = err
				return Message{}, err
			}
			if ok {
				return m, nil
			}
		}
		r.ended = r.nextChunk()
	}
	return Message{}, r.ended
}

// inChunk takes one record out of the open chunk; ok says that it is a message.
func (r *Reader) inChunk() (m Message, ok bool, err error) {
	op, body, rest, err := inner(r.rest)
	if err != nil {
		return m, false, r.scan.damaged(r.chunkAt, "chunk: %v", err)
	}
	r.rest = rest
	if op != opMessage {
		return m, false, r.around(op, body, r.chunkAt)
	}
	c := cursor{b: body}
	topic := r.prelude.topics[c.u16()]
	m = Message{Topic: topic, Seq: c.u32(), Log: time.Duration(c.u64()), Robot: time.Duration(c.u64()), JSON: c.b}
	if c.bad || topic == "" {
		return m, false, r.scan.damaged(r.chunkAt, "chunk: a message of an unknown channel")
	}
	return m, true, nil
}

// nextChunk reads on to the next chunk with records.
func (r *Reader) nextChunk() error {
	for {
		at := r.scan.at
		op, body, err := r.scan.next()
		if err != nil {
			return err
		}
		if op != opChunk {
			if err := r.around(op, body, at); err != nil {
				return err
			}
			continue
		}
		k, err := r.scan.unpack(at, body, r.chunk)
		if err != nil {
			return err
		}
		r.chunk, r.rest, r.chunkAt = k.records, k.records, at
		return nil
	}
}

// Sample decodes a message of TopicSample into s, which is of the recorded body.
func (r *Reader) Sample(m Message, s *controller.Sample) error {
	return r.decoded(m, decodeSample(m.JSON, s))
}

// Truth decodes a message of TopicTruth into t, whose Contacts has a place for
// every foot of the recorded body.
func (r *Reader) Truth(m Message, t *controller.Truth) error {
	return r.decoded(m, decodeTruth(m.JSON, t))
}

// Event decodes a message of TopicEvent.
func (r *Reader) Event(m Message) (Event, error) {
	var e Event
	err := r.decoded(m, json.Unmarshal(m.JSON, &e))
	return e, err
}

// Frames decodes a message of TopicFrames into poses, 7 a frame of the header:
// position m, quaternion w, x, y, z.
func (r *Reader) Frames(m Message, poses []float32) error {
	return r.decoded(m, decodeFrames(m.JSON, r.Header.Frames, poses))
}

// Activations decodes a message of TopicActivations into v: all layers of the
// header, one after the other.
func (r *Reader) Activations(m Message, v []float32) error {
	return r.decoded(m, decodeActivations(m.JSON, r.Header.Layers, v))
}

func (r *Reader) decoded(m Message, err error) error {
	if err != nil {
		return r.scan.damaged(r.chunkAt, "chunk: message %d of %s: %v", m.Seq, m.Topic, err)
	}
	return nil
}

// Close closes the file.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}
