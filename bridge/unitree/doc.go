// Package unitree reads and writes the frames of Unitree's RS-485 motors, to look
// into what is on their wire. There is no driver for them.
//
//	hex ──► DecodeText ──► JSON ──► EncodeText ──► hex
//
// In JSON, torques are in N·m and speeds and angles in rad/s and rad, at the motor,
// before its gear. Four frames are known: the command of 17 bytes and the reply of
// 16 of GO-M8010-6 and of the motors inside Go2 (which start their CRC at another
// number), and the command of 34 bytes and the reply of 78 of A1, B1 and Go1.
//
// Sources: Unitree, GO-M8010-6 protocol header and motor_msg.h of the actuator SDK;
// captures of aatb-ch/unitree_crc.
package unitree
