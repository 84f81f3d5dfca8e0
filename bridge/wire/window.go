package wire

// Bounds of the window check, the same on both sides.
const (
	// Window is how far a sequence number may be ahead of the last accepted one.
	Window = 256
	// StaleUs is how old the state may be that a Command or Enable was made from,
	// in µs of the robot's clock.
	StaleUs = 100_000
)

// Link is one side's memory of the conversation: whose session it is and how
// far it came. The zero Link has no session and accepts only Hello and EStop.
type Link struct {
	Session uint32 // 0 for none
	Seq     uint32 // of the last frame accepted
}

// Open begins a session at the sequence of the frame that opened it.
func (l *Link) Open(session, seq uint32) { l.Session, l.Seq = session, seq }

// Check judges a frame's place in the conversation and moves on when it is
// accepted. nowUs is the robot's clock. Hello and EStop are accepted in every
// session, Stop whatever its sequence: a stop is never refused for being late.
func (l *Link) Check(f *Frame, nowUs uint32) Verdict {
	if f.Type == TypeHello || f.Type == TypeEStop {
		return Accepted
	}
	if l.Session == 0 || f.Session != l.Session {
		return VerdictSession
	}
	ahead := f.Seq - l.Seq
	fresh := ahead != 0 && ahead <= Window
	switch {
	case f.Type == TypeStop && !fresh:
		return Accepted
	case !fresh:
		return VerdictWindow
	case (f.Type == TypeCommand || f.Type == TypeEnable) && nowUs-f.TimeUs > StaleUs:
		return VerdictStale
	}
	l.Seq = f.Seq
	return Accepted
}
