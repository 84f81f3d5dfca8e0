package moteus

// crcTable is that of CRC-8 with polynomial 0x97, initial value 0, most significant
// bit first (docs/integration/uart.md).
var crcTable = func() (t [256]byte) {
	for i := range t {
		c := byte(i)
		for range 8 {
			c = c<<1 ^ 0x97*(c>>7)
		}
		t[i] = c
	}
	return t
}()

func crc8(b []byte) (c byte) {
	for _, x := range b {
		c = crcTable[c^x]
	}
	return c
}
