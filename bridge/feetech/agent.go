package feetech

// AppendRelease appends the request that takes the torque of all servos.
func AppendRelease(dst []byte) []byte {
	return AppendRequest(dst, Write, Range{ID: Broadcast, Addr: regTorque, Data: []byte{0}})
}

// Watch follows what the requests of a host do to the torque, for package agent.
type Watch struct {
	on     [256]bool
	ranges []Range
}

// Next gives the first whole request in b and how many bytes are done with; none
// and 0 when more are needed. moves says that it gives torque or tells a goal.
func (w *Watch) Next(b []byte) (request []byte, n int, moves bool) {
	p, n, err := Next(b)
	if n == 0 || err != nil {
		return nil, n, false
	}
	if w.ranges, err = p.Ranges(w.ranges[:0]); err != nil {
		return nil, n, false // not ours to pass on
	}
	for i := range w.ranges {
		moves = w.note(Instruction(p.Code), &w.ranges[i]) || moves
	}
	return b[:n], n, moves
}

// note keeps what a range does. Torque, acceleration and goal lie in a row, from
// 40 to 47. A goal counts as torque: servos may take it so.
func (w *Watch) note(ins Instruction, r *Range) (moves bool) {
	if ins != Write && ins != RegWrite && ins != SyncWrite && ins != Action {
		return false
	}
	first, end := int(r.Addr), int(r.Addr)+len(r.Data)
	switch {
	case ins == Action:
		moves = true
	case first <= regTorque && end > regTorque && r.Data[regTorque-first] == 0 && end <= regTorque+2:
		w.set(r.ID, false)
		return false
	case first < regGoalSpeed+2 && end > regTorque:
		moves = true
	}
	if moves {
		w.set(r.ID, true)
	}
	return moves
}

func (w *Watch) set(id byte, on bool) {
	w.on[id] = on
	for i := range w.on {
		if id == Broadcast {
			w.on[i] = on
		}
	}
}

// Holds says that a servo may have torque.
func (w *Watch) Holds() bool {
	for _, on := range w.on {
		if on {
			return true
		}
	}
	return false
}

// Release appends the request that takes all torque, and forgets about it.
func (w *Watch) Release(dst []byte) []byte {
	w.set(Broadcast, false)
	return AppendRelease(dst)
}
