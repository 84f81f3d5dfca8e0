package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	maxRecord = 256 << 20 // larger records are refused
	maxChunk  = 64 << 20  // larger uncompressed chunks are refused
	zstdRatio = 32 << 10  // zstd turns 4 bytes into at most 128 KiB
)

// ErrDamaged is what the error of a reader wraps when a recording breaks off,
// because its process was killed, or when its bytes have changed. What was read
// before stays valid; Repair makes it a whole file.
var ErrDamaged = errors.New("`whisker record repair` keeps what can be read")

// scanner reads the records of an MCAP file one after the other.
type scanner struct {
	src  io.ReaderAt
	name string
	size int64
	at   int64 // offset of the next record
	buf  []byte
	crc  uint32 // of everything before at; only while skipped is false
	zip  *zstd.Decoder

	skipped bool // at has been moved: crc is unknown
}

func newScanner(src io.ReaderAt, size int64, name string) (*scanner, error) {
	zip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxChunk), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic("record: zstd: " + err.Error()) // the options above are constants
	}
	s := &scanner{src: src, name: name, size: size, zip: zip}
	head := make([]byte, len(magic))
	if _, err := s.src.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("record: %s: %w", name, err)
	}
	if string(head) != magic {
		return nil, fmt.Errorf("record: %s: offset 0: no MCAP file: it does not begin with the magic bytes of version 0", name)
	}
	s.at, s.crc = int64(len(magic)), crc32.ChecksumIEEE(head)
	return s, nil
}

// damaged is the error for broken bytes at an offset of the file.
func (s *scanner) damaged(at int64, format string, a ...any) error {
	return fmt.Errorf("record: %s: offset %d: %s; %w", s.name, at, fmt.Sprintf(format, a...), ErrDamaged)
}

// next reads a record; its body is valid until the next call. At the end of the
// data section it returns io.EOF.
func (s *scanner) next() (op byte, body []byte, err error) {
	at := s.at
	var head [recordHead]byte
	if s.size-at < recordHead {
		return 0, nil, s.damaged(at, "the recording breaks off")
	}
	if _, err := s.src.ReadAt(head[:], at); err != nil {
		return 0, nil, fmt.Errorf("record: %s: offset %d: %w", s.name, at, err)
	}
	op, n := head[0], binary.LittleEndian.Uint64(head[1:])
	switch {
	case op == 0:
		return 0, nil, s.damaged(at, "0 is no record type")
	case n > uint64(s.size-at-recordHead):
		return 0, nil, s.damaged(at, "the recording breaks off within a record of %d bytes", n)
	case n > maxRecord:
		return 0, nil, s.damaged(at, "a record of %d bytes, expected at most %d", n, maxRecord)
	}
	if s.buf = s.buf[:0]; uint64(cap(s.buf)) < n {
		s.buf = make([]byte, 0, n)
	}
	body = s.buf[:n]
	if _, err := s.src.ReadAt(body, at+recordHead); err != nil && err != io.EOF {
		return 0, nil, fmt.Errorf("record: %s: offset %d: %w", s.name, at, err)
	}
	if op == opDataEnd || op == opFooter {
		return op, nil, s.dataEnd(op, at, body)
	}
	s.at += recordHead + int64(n)
	s.crc = crc32.Update(crc32.Update(s.crc, crc32.IEEETable, head[:]), crc32.IEEETable, body)
	return op, body, nil
}

// dataEnd checks the record that ends the data section and returns io.EOF.
func (s *scanner) dataEnd(op byte, at int64, body []byte) error {
	if op == opFooter {
		return s.damaged(at, "the data section has no end")
	}
	c := cursor{b: body}
	if want := c.u32(); !s.skipped && !c.bad && want != 0 && want != s.crc {
		return s.damaged(at, "the checksum of the data section differs")
	}
	return io.EOF
}

// chunkRecord is a chunk with its records unpacked.
type chunkRecord struct {
	start, end  uint64 // log times
	compression string
	packed      uint64 // bytes of the compressed records
	records     []byte
}

// unpack reads a chunk at an offset of the file into the memory of dst.
func (s *scanner) unpack(at int64, body, dst []byte) (chunkRecord, error) {
	c := cursor{b: body}
	k := chunkRecord{start: c.u64(), end: c.u64()}
	size, crc := c.u64(), c.u32()
	k.compression = c.str()
	k.packed = c.u64()
	data := c.take(k.packed)
	if c.bad {
		return k, s.damaged(at, "chunk: %v", errShort)
	}
	if size > maxChunk || k.compression == "zstd" && size > (uint64(len(data))+4)*zstdRatio {
		return k, s.damaged(at, "chunk: %d bytes of records from %d, expected at most %d", size, len(data), maxChunk)
	}
	switch k.compression {
	case "":
		k.records = append(dst[:0], data...)
	case "zstd":
		if uint64(cap(dst)) < size {
			dst = make([]byte, 0, size)
		}
		var err error
		if k.records, err = s.zip.DecodeAll(data, dst[:0:size]); err != nil {
			return k, s.damaged(at, "chunk: %v", err)
		}
	default:
		return k, fmt.Errorf("record: %s: offset %d: chunk: compression %q, expected zstd or none", s.name, at, k.compression)
	}
	if uint64(len(k.records)) != size {
		return k, s.damaged(at, "chunk: %d bytes of records, expected %d", len(k.records), size)
	}
	if crc != 0 && crc != crc32.ChecksumIEEE(k.records) {
		return k, s.damaged(at, "chunk: its checksum differs")
	}
	return k, nil
}

// inner takes the next record out of the records of a chunk.
func inner(records []byte) (op byte, body, rest []byte, err error) {
	if len(records) < recordHead {
		return 0, nil, nil, errShort
	}
	n := binary.LittleEndian.Uint64(records[1:])
	if n > uint64(len(records)-recordHead) {
		return 0, nil, nil, errShort
	}
	rest = records[recordHead:]
	return records[0], rest[:n:n], rest[n:], nil
}

// footer reads the summary section through the footer. Without an error the
// file is whole as far as its end shows.
func (s *scanner) footer() ([]byte, error) {
	tail := int64(footerLen + len(magic))
	if s.size < int64(len(magic))+tail {
		return nil, s.damaged(s.size, "the recording breaks off")
	}
	at := s.size - tail
	b := make([]byte, tail)
	if _, err := s.src.ReadAt(b, at); err != nil && err != io.EOF {
		return nil, fmt.Errorf("record: %s: offset %d: %w", s.name, at, err)
	}
	if b[0] != opFooter || binary.LittleEndian.Uint64(b[1:]) != 20 || !bytes.HasSuffix(b, []byte(magic)) {
		return nil, s.damaged(at, "there is no footer: the recording breaks off")
	}
	c := cursor{b: b[recordHead:]}
	start, _, crc := c.u64(), c.u64(), c.u32()
	if start == 0 {
		return nil, s.damaged(at, "there is no index")
	}
	if start > uint64(at) || uint64(at)-start > maxRecord {
		return nil, s.damaged(at, "the index begins at %d", start)
	}
	summary := make([]byte, at-int64(start), at-int64(start)+footerLen)
	if _, err := s.src.ReadAt(summary, int64(start)); err != nil && err != io.EOF {
		return nil, fmt.Errorf("record: %s: offset %d: %w", s.name, start, err)
	}
	if crc != 0 && crc != crc32.Update(crc32.ChecksumIEEE(summary), crc32.IEEETable, b[:footerLen-4]) {
		return nil, s.damaged(int64(start), "the checksum of the index differs")
	}
	return summary, nil
}
