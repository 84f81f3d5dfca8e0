package wire

import "hash/crc32"

// CalibrationID is the ID that a calibration has to carry: CRC-32C of its
// values, never 0.
func CalibrationID(m *Calibrate) uint32 {
	var raw [MaxPayload]byte
	n := schema().size[TypeCalibrate]
	c := codec{op: opPut, buf: raw[:n]}
	walk(m, &c)
	if id := crc32.Checksum(raw[4:n], castagnoli); id != 0 {
		return id
	}
	return 1
}
