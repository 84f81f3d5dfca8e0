package train

import "whisker/controller"

// World is a simulated robot to learn in. Each is used by one goroutine.
type World interface {
	controller.Robot
	// Place sets the state that the next Start begins from.
	Place(root controller.Root, q, qd []float64)
	// Truth is the root's pose and velocity and the contacts.
	Truth(t *controller.Truth)
	// Frames names the body frames, FramePoses gives their poses: seven numbers
	// each, position (m) and quaternion w, x, y, z.
	Frames() []string
	FramePoses(out []float32)
}
