package main

import (
	"whisker/bridge/dynamixel"
	"whisker/bridge/feetech"
	"whisker/bridge/moteus"
)

// exchange is a codec's work in one cycle; it panics where the codec is wrong.
type exchange struct {
	name     string
	exchange func()
}

func codecs() []exchange {
	return []exchange{{"dynamixel", dynamixels()}, {"feetech", feetechs()}, {"moteus", moteuses()}}
}

// dynamixels writes goals, and makes and reads a question and twelve answers.
func dynamixels() func() {
	var goals, present, found []dynamixel.Range
	for id := range byte(12) {
		goals = append(goals, dynamixel.Range{ID: id, Addr: 116, Data: make([]byte, 4)})
		present = append(present, dynamixel.Range{ID: id, Addr: 126, Len: 10})
	}
	data, buf := make([]byte, 10), make([]byte, 0, 1024)
	return func() {
		buf = dynamixel.AppendRequest(buf[:0], dynamixel.SyncWrite, goals...)
		buf = dynamixel.AppendRequest(buf, dynamixel.SyncRead, present...)
		for id := range byte(12) {
			buf = dynamixel.Append(buf, dynamixel.Packet{ID: id, Instruction: dynamixel.Status, Params: data})
		}
		for rest, n := buf, 0; len(rest) > 0; rest = rest[n:] {
			var p dynamixel.Packet
			var err error
			if p, n, err = dynamixel.Next(rest); err == nil && p.Instruction != dynamixel.Status {
				found, err = p.Ranges(found[:0])
			}
			must(err)
		}
	}
}

func feetechs() func() {
	var goals, present, found []feetech.Range
	for id := range byte(12) {
		goals = append(goals, feetech.Range{ID: id, Addr: 42, Data: make([]byte, 2)})
		present = append(present, feetech.Range{ID: id, Addr: 56, Len: 15})
	}
	data, buf := make([]byte, 15), make([]byte, 0, 1024)
	return func() {
		buf = feetech.AppendRequest(buf[:0], feetech.SyncWrite, goals...)
		buf = feetech.AppendRequest(buf, feetech.SyncRead, present...)
		for id := range byte(12) {
			buf = feetech.Append(buf, feetech.Packet{ID: id, Params: data})
		}
		for rest, n := buf, 0; len(rest) > 0; rest = rest[n:] {
			var p feetech.Packet
			var err error
			if p, n, err = feetech.Next(rest); err == nil && p.ID == feetech.Broadcast {
				found, err = p.Ranges(found[:0])
			}
			must(err)
		}
	}
}

func moteuses() func() {
	values, payload, line := make([]byte, 0, 64), make([]byte, 0, moteus.MaxData), make([]byte, 0, 512)
	data := make([]byte, moteus.MaxData)
	return func() {
		for id := range byte(12) {
			values = values[:0]
			for reg := range uint32(10) {
				values = moteus.AppendValue(values, moteus.RegCmdPosition+reg, moteus.Float, 0.25)
			}
			s := moteus.Subframe{Op: moteus.Write, Res: moteus.Float, Reg: moteus.RegCmdPosition, Data: values}
			payload = moteus.Append(payload[:0], &s)
			line = moteus.AppendLine(line[:0], &moteus.Line{Kind: moteus.Send, Frame: moteus.Frame{ID: moteus.ID(0, id, true), Data: payload}}, true)
			l, err := moteus.ParseLine(line, data)
			must(err)
			s, _, err = moteus.Next(l.Frame.Data)
			must(err)
			for i := range s.Values() {
				_ = s.Value(i)
			}
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
