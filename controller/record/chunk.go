package record

import "encoding/binary"

// chunk collects messages until they are compressed and written together.
type chunk struct {
	records    []byte
	indexes    []messageIndex
	start, end uint64 // log times of the earliest and latest message
	any        bool   // there is one
}

// messageIndex lists the messages of one channel in a chunk: log time and
// offset in the chunk's records, alternating.
type messageIndex struct {
	channel uint16
	entries []uint64
}

func (c *chunk) reset() {
	c.records, c.start, c.end, c.any = c.records[:0], 0, 0, false
	for i := range c.indexes {
		c.indexes[i].entries = c.indexes[i].entries[:0]
	}
}

// message starts a message record; the caller appends its data to c.records
// and calls close with the returned position.
func (c *chunk) message(channel uint16, seq uint32, log, publish uint64) int {
	c.note(channel, log, uint64(len(c.records)))
	b, at := begin(c.records, opMessage)
	b = put32(put16(b, channel), seq)
	c.records = put64(put64(b, log), publish)
	return at
}

func (c *chunk) close(at int) { end(c.records, at) }

// note enters a message at offset into the index of its channel.
func (c *chunk) note(channel uint16, log, offset uint64) {
	if !c.any {
		c.any, c.start, c.end = true, log, log
	}
	c.start, c.end = min(c.start, log), max(c.end, log)
	for i := range c.indexes {
		if m := &c.indexes[i]; m.channel == channel {
			m.entries = append(m.entries, log, offset)
			return
		}
	}
	c.indexes = append(c.indexes, messageIndex{channel, []uint64{log, offset}})
}

// count is the number of messages of a channel.
func (c *chunk) count(channel uint16) int {
	for i := range c.indexes {
		if c.indexes[i].channel == channel {
			return len(c.indexes[i].entries) / 2
		}
	}
	return 0
}

// append appends the index as a record; a channel without messages has none.
func (m *messageIndex) append(b []byte) []byte {
	if len(m.entries) == 0 {
		return b
	}
	b, at := begin(b, opMessageIndex)
	b = put32(put16(b, m.channel), uint32(8*len(m.entries)))
	for _, v := range m.entries {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return end(b, at)
}

// messages is the number of all messages.
func (c *chunk) messages() int {
	n := 0
	for i := range c.indexes {
		n += len(c.indexes[i].entries) / 2
	}
	return n
}
