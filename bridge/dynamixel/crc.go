package dynamixel

// crcTable is that of CRC-16 with polynomial 0x8005, initial value 0, not
// reflected: CRC-16/UMTS. The e-Manual calls it IBM/ANSI, the name of the
// reflected one that most libraries have, which does not fit.
var crcTable = func() (t [256]uint16) {
	for i := range t {
		c := uint16(i) << 8
		for range 8 {
			c = c<<1 ^ 0x8005*(c>>15)
		}
		t[i] = c
	}
	return t
}()

// crc continues a checksum over b.
func crc(c uint16, b []byte) uint16 {
	for _, x := range b {
		c = c<<8 ^ crcTable[byte(c>>8)^x]
	}
	return c
}
