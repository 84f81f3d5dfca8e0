package record

import (
	"fmt"
	"io"
	"sort"
	"time"
)

// Contents is what the index of a recording says.
type Contents struct {
	Messages map[string]uint64 // by topic
	Chunks   int
	Dropped  uint64        // ticks and events for which there was no room
	Start    time.Duration // log time of the first message
	End      time.Duration // and of the last
}

// index is the summary of a file as it is read: where its chunks are.
type index struct {
	chunks   []chunkIndex
	counts   int64 // where metaEnd is; 0 for nowhere
	contents Contents
}

// Contents reads off the index how much is in the recording. A recording that
// breaks off has none; the error says so.
func (r *Reader) Contents() (Contents, error) {
	if r.index == nil {
		return Contents{}, r.broken
	}
	return r.index.contents, nil
}

// Seek moves to the first chunk that has messages at log time t or later: what
// Next returns may begin up to half a second before t. It needs the index.
func (r *Reader) Seek(t time.Duration) error {
	if r.index == nil {
		return r.broken
	}
	c := r.index.chunks
	i := sort.Search(len(c), func(i int) bool { return c[i].end >= uint64(max(t, 0)) })
	r.rest, r.ended, r.scan.skipped = nil, nil, true
	if i == len(c) {
		r.ended = io.EOF
		return nil
	}
	r.scan.at = int64(c[i].offset)
	return nil
}

// index reads the summary section.
func (s *scanner) index() (*index, error) {
	b, err := s.footer()
	if err != nil {
		return nil, err
	}
	ix := &index{contents: Contents{Messages: map[string]uint64{}}}
	topics := map[uint16]string{}
	for len(b) > 0 {
		op, body, rest, err := inner(b)
		if err == nil {
			err = ix.add(op, body, topics)
		}
		if err != nil {
			return nil, s.damaged(s.size-int64(footerLen+len(magic)+len(b)), "index: %v", err)
		}
		b = rest
	}
	if ix.counts < 0 || ix.counts > s.size {
		return nil, s.damaged(s.size, "index: metadata at %d", ix.counts)
	}
	for _, c := range ix.chunks {
		if c.offset < uint64(len(magic)) || c.offset > uint64(s.size) {
			return nil, s.damaged(s.size, "index: a chunk at %d", c.offset)
		}
	}
	ix.contents.Chunks = len(ix.chunks)
	if err := s.dropped(ix); err != nil {
		return nil, err
	}
	return ix, nil
}

// dropped reads the metadata that a recording ends with; one that was repaired
// may have none.
func (s *scanner) dropped(ix *index) error {
	if ix.counts == 0 {
		return nil
	}
	at := scanner{src: s.src, name: s.name, size: s.size, at: ix.counts}
	op, body, err := at.next()
	var p prelude
	if err == nil && op == opMetadata {
		err = p.take(op, body)
	}
	if err != nil {
		return s.damaged(ix.counts, "%v", err)
	}
	ix.contents.Dropped = p.dropped
	return nil
}

// add takes a record of the summary.
func (ix *index) add(op byte, body []byte, topics map[uint16]string) error {
	c := cursor{b: body}
	switch op {
	case opChannel:
		id, _, topic := c.u16(), c.u16(), c.str()
		topics[id] = topic
	case opChunkIndex:
		ix.chunks = append(ix.chunks, chunkIndex{start: c.u64(), end: c.u64(), offset: c.u64(), length: c.u64()})
	case opMetadataIndex:
		if at, _, name := c.u64(), c.u64(), c.str(); name == metaEnd {
			ix.counts = int64(at)
		}
	case opStatistics:
		c.take(8 + 2 + 4 + 4 + 4 + 4)
		ix.contents.Start, ix.contents.End = time.Duration(c.u64()), time.Duration(c.u64())
		m := cursor{b: c.take(uint64(c.u32()))}
		for len(m.b) > 0 && !m.bad {
			ch, n := m.u16(), m.u64()
			if topics[ch] == "" {
				return fmt.Errorf("it counts messages of channel %d, which there is not", ch)
			}
			ix.contents.Messages[topics[ch]] += n
		}
		c.bad = c.bad || m.bad
	}
	return c.err()
}
