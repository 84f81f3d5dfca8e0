package moteus

// crc8 is CRC-8 with polynomial 0x97, initial value 0, most significant bit
// first (docs/integration/uart.md). It runs over short lines only.
func crc8(b []byte) (c byte) {
	for _, x := range b {
		c ^= x
		for range 8 {
			c = c<<1 ^ 0x97*(c>>7)
		}
	}
	return c
}
