package record

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"syscall"

	"github.com/klauspost/compress/zstd"
)

// file is an MCAP file being written. Everything in it up to size is complete
// records: a write that fails is cut off again.
type file struct {
	f    *os.File
	path string
	size uint64
	crc  uint32 // of everything up to size
	zip  *zstd.Encoder
	out  []byte // the records of the next write

	chunk   chunk
	summary summary
}

// summary is what a file knows about its own content, written at its end.
type summary struct {
	schemas, channels [][]byte // bodies, by first appearance
	chunks            []chunkIndex
	attachments       [][]byte // bodies of index records
	metadata          [][]byte
	counts            []count // per channel, by first appearance
	start, end        uint64  // log times
}

type count struct {
	channel  uint16
	messages uint64
}

// chunkIndex says where a chunk is and what it spans.
type chunkIndex struct {
	start, end      uint64 // log times
	offset, length  uint64
	indexes         []place // of the message index of each channel
	indexLength     uint64
	compression     string
	packed, records uint64 // size of the records, compressed and not
}

type place struct {
	channel uint16
	offset  uint64
}

// create makes or replaces the file at path.
func create(path, library string) (*file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if !lock(f) {
		f.Close()
		return nil, fmt.Errorf("record: %s is being recorded by another process", path)
	}
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20))
	if err != nil {
		panic("record: zstd: " + err.Error()) // the options above are constants
	}
	w := &file{f: f, path: path, zip: zip}
	_ = f.Truncate(0) // a device has no length
	b, at := begin([]byte(magic), opHeader)
	b = putString(b, "") // no profile
	b = putString(b, library)
	if err := w.write(end(b, at)); err != nil {
		f.Close()
		return nil, fmt.Errorf("record: %w", err)
	}
	return w, nil
}

// write appends whole records, or nothing.
func (w *file) write(b []byte) error {
	if _, err := w.f.WriteAt(b, int64(w.size)); err != nil {
		// What reached the file is cut off; should that fail too, a reader still
		// stops before the broken record.
		_ = w.f.Truncate(int64(w.size))
		return err
	}
	w.crc = crc32.Update(w.crc, crc32.IEEETable, b)
	w.size += uint64(len(b))
	return nil
}

// one writes a single record of the data section.
func (w *file) one(op byte, body []byte) error {
	b, at := begin(w.out[:0], op)
	w.out = end(append(b, body...), at)
	return w.write(w.out)
}

func (w *file) schema(body []byte) error {
	w.summary.schemas = append(w.summary.schemas, slices.Clone(body))
	return w.one(opSchema, body)
}

func (w *file) channel(body []byte) error {
	w.summary.channels = append(w.summary.channels, slices.Clone(body))
	return w.one(opChannel, body)
}

// attachment writes a named file into the recording.
func (w *file) attachment(name, media string, data []byte) error {
	b := put64(put64(nil, 0), 0)
	b = putString(putString(b, name), media)
	b = append(put64(b, uint64(len(data))), data...)
	return w.attachmentBody(put32(b, crc32.ChecksumIEEE(b)), name, media, uint64(len(data)))
}

func (w *file) attachmentBody(body []byte, name, media string, size uint64) error {
	at := w.size
	if err := w.one(opAttachment, body); err != nil {
		return err
	}
	i := put64(put64(nil, at), w.size-at)
	i = append(i, body[:16]...) // log and create time
	i = putString(putString(put64(i, size), name), media)
	w.summary.attachments = append(w.summary.attachments, i)
	return nil
}

// metadata writes a named map; kv alternates keys and values.
func (w *file) metadata(name string, kv []string) error {
	at := w.size
	if err := w.one(opMetadata, putMap(putString(nil, name), kv)); err != nil {
		return err
	}
	w.summary.metadata = append(w.summary.metadata, putString(put64(put64(nil, at), w.size-at), name))
	return nil
}

// flush compresses and writes the open chunk; an empty one is not written.
func (w *file) flush() error {
	c := &w.chunk
	if len(c.records) == 0 {
		return nil
	}
	defer c.reset()
	b, at := begin(w.out[:0], opChunk)
	b = put64(put64(b, c.start), c.end)
	b = put32(put64(b, uint64(len(c.records))), crc32.ChecksumIEEE(c.records))
	b = put64(putString(b, "zstd"), 0)
	data := len(b)
	b = w.zip.EncodeAll(c.records, b)
	put64(b[data-8:data-8], uint64(len(b)-data))
	w.out = end(b, at)
	return w.writeChunk("zstd", uint64(len(b)-data))
}

// writeChunk writes the chunk record in w.out and the indexes of its messages,
// which are those of w.chunk.
func (w *file) writeChunk(compression string, packed uint64) error {
	c := &w.chunk
	ix := chunkIndex{start: c.start, end: c.end, offset: w.size, length: uint64(len(w.out)),
		compression: compression, packed: packed, records: uint64(len(c.records))}
	for _, m := range c.indexes {
		ix.indexes = append(ix.indexes, place{m.channel, w.size + uint64(len(w.out))})
		w.out = m.append(w.out)
	}
	ix.indexLength = uint64(len(w.out)) - ix.length
	if err := w.write(w.out); err != nil {
		return err
	}
	w.summary.add(ix, c.indexes)
	return nil
}

// sync asks the system to have everything written on the disk. A device or a pipe has
// none, and says EINVAL (fsync(2)).
func (w *file) sync() error {
	if err := w.f.Sync(); !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// finish writes the end of the data section, the summary and the footer.
func (w *file) finish() error {
	b, at := begin(nil, opDataEnd)
	b = end(put32(b, w.crc), at)
	b = w.summary.append(b, w.size)
	b = append(b, magic...)
	if err := w.write(b); err != nil {
		return err
	}
	return w.sync()
}

func (w *file) close() error { return w.f.Close() }
