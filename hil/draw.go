package hil

import (
	"math"

	"whisker/controller"
	"whisker/policy"
)

// draw fills the rig's live poses for a tick. A body that nobody knows the place
// of stands on the ground where the reference's root is, in its measured joints
// and attitude; its heading is the reference's when the pass began, and from there
// its own.
func (p *pass) draw(frame int, s *controller.State) {
	g := p.rig
	if g.world != nil {
		g.world.FramePoses(g.live)
		return
	}
	pose := &p.ref.Poses[frame]
	quat := pose.Quat
	if g.body.Measures.IMU {
		if !p.aligned {
			p.aligned, p.north = true, yaw(quat)-yaw(s.IMU.Quat)
		}
		quat = turned(s.IMU.Quat, p.north)
	}
	pos := pose.Pos
	g.drawn.SetPose([3]float64{}, quat, s.Pos)
	if id, ok := g.drawn.BodyID(g.body.Root); ok {
		pos[2] = -g.drawn.LowestPoint(id)
	}
	g.drawn.SetPose(pos, quat, s.Pos)
	g.drawn.FramePoses(g.live)
}

// known is what is known of the body's place; nil for nothing.
func (g *rig) known() *controller.Truth {
	if g.world == nil {
		return nil
	}
	return &g.truth
}

// lie puts an emulated body on the ground where the reference begins.
func (g *rig) lie(ref *policy.Reference, frame int) {
	if g.scenario.Physics.Held {
		b := g.model.Body()
		root := controller.Root{Pos: [3]float64{0, 0, b.StandHeight + hangs}, Quat: [4]float64{1, 0, 0, 0}}
		g.world.Place(root, b.Stand, make([]float64, len(b.Stand)))
		return
	}
	root, q := lying(g.model)
	at := ref.Root(frame)
	root.Pos[0], root.Pos[1] = at.Pos[0], at.Pos[1]
	root.Quat = turned(root.Quat, yaw(at.Quat))
	g.world.Place(root, q, make([]float64, len(q)))
}

// yaw is the heading of a body's x, rad.
func yaw(q [4]float64) float64 {
	return math.Atan2(2*(q[0]*q[3]+q[1]*q[2]), 1-2*(q[2]*q[2]+q[3]*q[3]))
}

// turned turns an orientation about the world's z.
func turned(q [4]float64, angle float64) [4]float64 {
	s, c := math.Sincos(angle / 2)
	return [4]float64{c*q[0] - s*q[3], c*q[1] - s*q[2], c*q[2] + s*q[1], c*q[3] + s*q[0]}
}
