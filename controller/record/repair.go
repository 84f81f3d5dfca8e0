package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Repaired says what Repair kept.
type Repaired struct {
	Whole    bool   // nothing was wrong, nothing was written
	Messages uint64 // kept
	Ticks    uint64 // kept: messages of TopicSample
	Lost     int    // chunks and attachments left out because their bytes have changed
	Cut      int64  // bytes at the end that could not be read
	Why      string // where and why reading ended early; "" if it did not
}

// Repair reads what can be read of the recording at path and writes it, with
// an index, to out; "" means in its place. The old file is replaced at once and
// only when the new one is complete and on the disk.
func Repair(path, out string) (Repaired, error) {
	src, err := os.Open(path)
	if err != nil {
		return Repaired{}, fmt.Errorf("record: %w", err)
	}
	defer src.Close()
	if !lock(src) {
		return Repaired{}, fmt.Errorf("record: %s is still being recorded: repair it when that has ended", path)
	}
	st, err := src.Stat()
	if err != nil {
		return Repaired{}, fmt.Errorf("record: %w", err)
	}
	s, err := newScanner(src, st.Size(), path)
	if err != nil {
		return Repaired{}, err
	}
	if out == "" {
		out = path
	}
	return mend(s, out)
}

// mend copies from s into a new file and puts that in the place of out.
func mend(s *scanner, out string) (Repaired, error) {
	op, body, err := s.next()
	if err != nil || op != opHeader {
		return Repaired{}, fmt.Errorf("record: %s: nothing to repair: there is no header: %w", s.name, err)
	}
	c := cursor{b: body}
	c.str() // profile
	tmp := out + ".repairing"
	w, err := create(tmp, c.str())
	if err != nil {
		return Repaired{}, err
	}
	defer os.Remove(tmp) // gone already when all went well
	defer w.close()
	m := mender{scan: s, file: w, known: map[[2]uint16]bool{}, prelude: prelude{topics: map[uint16]string{}}}
	if err := m.copy(); err != nil {
		return Repaired{}, err
	}
	if _, err := s.index(); err == nil && m.Why == "" && m.Lost == 0 {
		m.Whole = true
		return m.Repaired, nil
	}
	if err := w.finish(); err != nil {
		return Repaired{}, fmt.Errorf("record: %s: %w", tmp, err)
	}
	return m.Repaired, replace(tmp, out)
}

// replace moves a file that is on the disk to another name, which also is then.
func replace(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	defer dir.Close()
	_ = dir.Sync() // not every file system can
	return nil
}

// mender copies records and enters them into the new file's summary.
type mender struct {
	Repaired
	scan    *scanner
	file    *file
	known   map[[2]uint16]bool // opcode and id of the schemas and channels seen
	prelude prelude
	ticks   uint64 // in the present chunk
}

// copy copies records until the data section ends or cannot be read.
func (m *mender) copy() error {
	for {
		at := m.scan.at
		op, body, err := m.scan.next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, ErrDamaged):
			m.Why, m.Cut = err.Error(), m.scan.size-at
			return nil
		case err != nil:
			return err
		}
		if err := m.one(op, body, at); err != nil {
			return fmt.Errorf("record: %s: %w", m.file.path, err)
		}
	}
}

// one copies a record; one that no reader could take is left out.
func (m *mender) one(op byte, body []byte, at int64) error {
	switch op {
	case opChunk:
		return m.chunk(body, at)
	case opMessageIndex: // made anew
		return nil
	case opMessage:
		return fmt.Errorf("offset %d: a message outside of a chunk: no recording of Whisker", at)
	}
	if err := m.prelude.take(op, body); err != nil {
		m.Lost++
		return nil
	}
	c := cursor{b: body}
	switch op {
	case opSchema:
		if m.first(op, c.u16()) {
			return m.file.schema(body)
		}
		return nil
	case opChannel:
		if m.first(op, c.u16()) {
			return m.file.channel(body)
		}
		return nil
	case opAttachment:
		name, media, data, err := attachmentOf(body)
		if err != nil {
			return err
		}
		return m.file.attachmentBody(body, name, media, uint64(len(data)))
	case opMetadata:
		return m.file.metadata(c.str(), c.pairs())
	}
	return m.file.one(op, body)
}

// first says whether this is the first record with its opcode and id.
func (m *mender) first(op byte, id uint16) bool {
	key := [2]uint16{uint16(op), id}
	if m.known[key] {
		return false
	}
	m.known[key] = true
	return true
}

// chunk copies a chunk as it is, with new indexes of its messages.
func (m *mender) chunk(body []byte, at int64) error {
	w := m.file
	defer w.chunk.reset()
	m.ticks = 0
	k, err := m.scan.unpack(at, body, w.chunk.records)
	if err == nil {
		w.chunk.records = k.records
		err = m.note(k.records)
	}
	if errors.Is(err, ErrDamaged) || err == errShort {
		m.Lost++
		return nil
	}
	if err != nil {
		return err
	}
	b, head := begin(w.out[:0], opChunk)
	w.out = end(append(b, body...), head)
	m.Messages += uint64(w.chunk.messages())
	m.Ticks += m.ticks
	return w.writeChunk(k.compression, k.packed)
}

// note enters the content of a chunk into the open chunk's indexes and the
// summary. It looks through all of it first: half a chunk is none.
func (m *mender) note(records []byte) error {
	var schemas, channels [][]byte
	for rest := records; len(rest) > 0; {
		op, body, more, err := inner(rest)
		if err != nil {
			return err
		}
		c := cursor{b: body}
		switch id := c.u16(); op {
		case opMessage:
			_, log, _ := c.u32(), c.u64(), c.u64()
			if c.bad || m.prelude.topics[id] == "" {
				return errShort
			}
			m.file.chunk.note(id, log, uint64(len(records)-len(rest)))
			if m.prelude.topics[id] == TopicSample {
				m.ticks++
			}
		case opSchema:
			schemas = append(schemas, body)
		case opChannel:
			channels = append(channels, body)
		}
		if op != opMessage {
			if err := m.prelude.take(op, body); err != nil {
				return errShort
			}
		}
		rest = more
	}
	s := &m.file.summary
	s.schemas = m.learn(s.schemas, opSchema, schemas)
	s.channels = m.learn(s.channels, opChannel, channels)
	return nil
}

// learn appends the bodies whose ids are new.
func (m *mender) learn(to [][]byte, op byte, bodies [][]byte) [][]byte {
	for _, body := range bodies {
		c := cursor{b: body}
		if m.first(op, c.u16()) {
			to = append(to, slices.Clone(body))
		}
	}
	return to
}
