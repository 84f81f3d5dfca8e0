package sim

import (
	"math"

	"whisker/controller"
)

// The kinds of MuJoCo's geoms that can be drawn, by their number.
const (
	geomPlane = iota
	geomHeightField
	geomSphere
	geomCapsule
	geomEllipsoid
	geomCylinder
	geomBox
	geomMesh
)

// shapeKind names a kind of geom as controller.Shape does; "" cannot be drawn.
func shapeKind(geom int) string {
	switch geom {
	case geomPlane:
		return "plane"
	case geomSphere:
		return "sphere"
	case geomCapsule:
		return "capsule"
	case geomEllipsoid:
		return "ellipsoid"
	case geomCylinder:
		return "cylinder"
	case geomBox:
		return "box"
	case geomMesh:
		return "mesh"
	}
	return ""
}

// lowest is the lowest height of a geom at a world position and rotation matrix.
func lowest(g *geomFact, pos, mat []float64) float64 {
	x, y, z := mat[6], mat[7], mat[8] // the height of the geom's axes
	switch g.kind {
	case geomSphere:
		return pos[2] - g.size[0]
	case geomCapsule:
		return pos[2] - g.size[0] - g.size[1]*math.Abs(z)
	case geomEllipsoid:
		return pos[2] - math.Sqrt(sq(x*g.size[0])+sq(y*g.size[1])+sq(z*g.size[2]))
	case geomCylinder:
		return pos[2] - g.size[1]*math.Abs(z) - g.size[0]*math.Sqrt(math.Max(0, 1-z*z))
	case geomBox:
		return pos[2] - math.Abs(x)*g.size[0] - math.Abs(y)*g.size[1] - math.Abs(z)*g.size[2]
	case geomMesh:
		low := math.Inf(1)
		for i := 0; i+2 < len(g.vertices); i += 3 {
			v := g.vertices[i : i+3]
			low = math.Min(low, pos[2]+x*float64(v[0])+y*float64(v[1])+z*float64(v[2]))
		}
		return low
	}
	return math.Inf(1) // a plane or height field is the ground itself
}

func sq(x float64) float64 { return x * x }

// Shapes are the drawable shapes of the body and its ground. A frame's index is
// that of Frames. A body that has no shape in MuJoCo's visible groups 0 to 2 is
// drawn by its colliding ones.
func (r *Robot) Shapes() []controller.Shape { return shapesOf(r.facts) }

// Shapes are the drawable shapes of the body and its ground.
func (k *Kinematics) Shapes() []controller.Shape { return shapesOf(k.facts) }

func shapesOf(f *facts) []controller.Shape {
	visible := make([]bool, len(f.bodies))
	for i := range f.geoms {
		visible[f.geoms[i].body] = visible[f.geoms[i].body] || f.geoms[i].group <= 2
	}
	var out []controller.Shape
	for i := range f.geoms {
		g := &f.geoms[i]
		kind := shapeKind(g.kind)
		if kind == "" || visible[g.body] && g.group > 2 || g.rgba[3] == 0 {
			continue
		}
		out = append(out, controller.Shape{Frame: g.body, Kind: kind, Size: g.size, Pos: g.pos, Quat: g.quat, RGBA: g.rgba,
			Vertices: g.vertices, Faces: g.faces})
	}
	return out
}

// Frames are the names of the drawable frames: the model's bodies, the world first.
func (r *Robot) Frames() []string { return r.facts.bodies }

// Frames are the names of the drawable frames: the model's bodies, the world first.
func (k *Kinematics) Frames() []string { return k.facts.bodies }

// FramePoses fills out (7 per frame: position m, quaternion w, x, y, z) with the
// live poses.
func (r *Robot) FramePoses(out []float32) { r.world.framePoses(out) }

// FramePoses fills out (7 per frame: position m, quaternion w, x, y, z) with the
// poses of the current pose.
func (k *Kinematics) FramePoses(out []float32) { k.world.framePoses(out) }

func (v *views) framePoses(out []float32) {
	n := len(v.xpos) / 3
	if len(out) != 7*n {
		panic("sim: FramePoses needs 7 entries a frame")
	}
	for i := range n {
		for k := range 3 {
			out[7*i+k] = float32(v.xpos[3*i+k])
		}
		for k := range 4 {
			out[7*i+3+k] = float32(v.xquat[4*i+k])
		}
	}
}
