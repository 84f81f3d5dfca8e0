package controller

// Shape is a drawable primitive fixed to one frame of a body. A simulator hands
// out its shapes once and frame poses as often as it is asked; recordings keep
// the shapes, so that a robot can be drawn without a simulator.
type Shape struct {
	Frame int        `json:"frame"`  // index of the frame that carries it
	Kind  string     `json:"kind"`   // sphere, capsule, cylinder, box, ellipsoid, plane, mesh
	Size  [3]float64 `json:"size_m"` // as in MuJoCo: radius; radius and half length; half extents
	Pos   [3]float64 `json:"pos_m"`  // in the frame
	Quat  [4]float64 `json:"quat"`   // w, x, y, z, in the frame
	RGBA  [4]float32 `json:"rgba"`
	// Vertices (3 a vertex, m) and Faces (3 indices a face) of a mesh.
	Vertices []float32 `json:"vertices,omitempty"`
	Faces    []int32   `json:"faces,omitempty"`
}

// Overlap is a place where two bodies are in each other.
type Overlap struct {
	Bodies [2]int     // as the kinematics number them
	At     [3]float64 // halfway between their surfaces, m, world
	Normal [3]float64 // unit, from the first body to the second
	Depth  float64    // m
}
