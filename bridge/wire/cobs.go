package wire

import "bytes"

// stuff COBS-encodes b[1:] in place; b[0] takes the byte that is added. A frame
// has at most 254 bytes, so that it is one. (S. Cheshire, M. Baker: Consistent
// Overhead Byte Stuffing, IEEE/ACM Trans. Networking 7(2), 1999.)
func stuff(b []byte) {
	for {
		zero := bytes.IndexByte(b[1:], 0)
		if zero < 0 {
			b[0] = byte(len(b))
			return
		}
		b[0] = byte(zero + 1)
		b = b[zero+1:]
	}
}

// unstuff decodes b in place and returns what was decoded. It is false where a
// code byte leads past the end.
func unstuff(b []byte) ([]byte, bool) {
	n := 0
	for i := 0; i < len(b); {
		end := i + int(b[i])
		if b[i] == 0 || end > len(b) {
			return nil, false
		}
		n += copy(b[n:], b[i+1:end])
		i = end
		if i < len(b) {
			b[n] = 0
			n++
		}
	}
	return b[:n], true
}
