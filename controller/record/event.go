package record

import "encoding/json"

// maxEvents is how many events may wait to be written.
const maxEvents = 4096

// Event is something that happened between ticks. Kind says what, in a word;
// Text says more. An event of kind KindRun begins a run: what follows, up to
// the next one, is one pass of the loop.
type Event struct {
	Tick uint64 `json:"tick"` // the tick that it precedes
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// Kinds of events that the package itself gives a meaning.
const (
	KindRun     = "run"     // a new pass of the loop begins; Text is the caller's
	KindDropped = "dropped" // Text says how many ticks are missing before this
)

// pendingEvent waits for the tick that it precedes.
type pendingEvent struct {
	Event
	before uint64 // ticks put when the event happened
}

// Event records what happened before the next tick that is put. Any goroutine
// may call it; it is not for every tick.
func (r *Recorder) Event(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) >= maxEvents || r.ended.Load() {
		r.dropped.Add(1)
		return
	}
	r.events = append(r.events, pendingEvent{e, r.ring.put.Load()})
}

// pending writes the events that precede the tick numbered before.
func (r *Recorder) pending(before uint64) {
	r.mu.Lock()
	n := 0
	for n < len(r.events) && r.events[n].before <= before {
		n++
	}
	due := r.events[:n:n]
	r.events = r.events[n:]
	r.mu.Unlock()
	for i := range due {
		r.event(due[i].Event)
	}
}

func (r *Recorder) event(e Event) {
	if r.Err() != nil {
		r.dropped.Add(1)
		return
	}
	b, err := json.Marshal(e)
	if err != nil {
		panic("record: " + err.Error()) // strings and integers always encode
	}
	r.message(chanEvent, r.clock.raw, func(j jsonText) jsonText { return append(j, b...) })
}
