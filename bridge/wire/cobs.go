package wire

// stuff appends src, COBS encoded and without a delimiter. A frame has at most
// 254 bytes, so that exactly one is added. (S. Cheshire, M. Baker: Consistent
// Overhead Byte Stuffing, IEEE/ACM Trans. Networking 7(2), 1999.)
func stuff(dst, src []byte) []byte {
	code, at := byte(1), len(dst)
	dst = append(dst, 0)
	for _, b := range src {
		if b == 0 {
			dst[at] = code
			code, at = 1, len(dst)
			dst = append(dst, 0)
			continue
		}
		dst = append(dst, b)
		code++
	}
	dst[at] = code
	return dst
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
