package record

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
)

// prelude is what the records around the messages have said so far.
type prelude struct {
	header  Header
	topics  map[uint16]string // by channel
	dropped uint64            // of metaEnd
}

// take takes a record that is neither chunk nor message.
func (p *prelude) take(op byte, body []byte) error {
	c := cursor{b: body}
	switch op {
	case opSchema:
		c.u16()
		c.str()
		c.str()
		c.str()
	case opChannel:
		id, _, topic, _, _ := c.u16(), c.u16(), c.str(), c.str(), c.pairs()
		if topic == "" && !c.bad {
			return errors.New("a channel without a topic")
		}
		if !c.bad {
			p.topics[id] = topic
		}
	case opMetadata:
		if name, kv := c.str(), c.pairs(); !c.bad {
			return p.metadata(name, kv)
		}
	case opAttachment:
		name, _, data, err := attachmentOf(body)
		if err != nil {
			return err
		}
		return p.header.parseAttachment(name, data)
	}
	return c.err()
}

func (p *prelude) metadata(name string, kv []string) (err error) {
	switch name {
	case metaRun:
		return p.header.parsePairs(kv)
	case metaEnd:
		for i := 0; i+1 < len(kv); i += 2 {
			if kv[i] != "dropped" {
				continue
			}
			if p.dropped, err = strconv.ParseUint(kv[i+1], 10, 64); err != nil {
				return fmt.Errorf("metadata %s: dropped is %q, expected a count", name, kv[i+1])
			}
		}
	}
	return nil
}

// attachmentOf takes an attachment apart and checks its checksum.
func attachmentOf(body []byte) (name, media string, data []byte, err error) {
	c := cursor{b: body}
	c.take(16)
	name, media = c.str(), c.str()
	data = c.take(c.u64())
	at := len(body) - len(c.b)
	crc := c.u32()
	if c.bad {
		return "", "", nil, errShort
	}
	if crc != 0 && crc != crc32.ChecksumIEEE(body[:at]) {
		return "", "", nil, fmt.Errorf("attachment %s: its checksum differs", name)
	}
	return name, media, data, nil
}
