package view_test

import (
	"fmt"
	"math"
	"time"

	"whisker/controller"
)

// walker is a body made up for these tests: a torso, a head and four legs that
// walk in a circle, with a reference that walks a little ahead.
type walker struct {
	body   controller.Body
	names  []string
	shapes []controller.Shape
	sample controller.Sample
	frames []float32
	ghost  []float32
}

var hips = [4][2]float64{{0.05, 0.025}, {0.05, -0.025}, {-0.05, 0.025}, {-0.05, -0.025}}

func newWalker() *walker {
	w := &walker{names: []string{"torso", "head"}}
	w.body = controller.Body{Name: "walker", Period: 20 * time.Millisecond, Root: "torso"}
	w.body.Measures = controller.Measures{Voltage: true, Temperature: true}
	w.body.Limits = controller.Limits{MinVoltage: 20, MaxVoltage: 26, MaxTemperature: 80}
	teal, paw := [4]float32{0.1, 0.55, 0.53, 1}, [4]float32{0.05, 0.62, 0.7, 1}
	one := [4]float64{1, 0, 0, 0}
	w.shapes = []controller.Shape{
		{Frame: 0, Kind: "ellipsoid", Size: [3]float64{0.075, 0.03, 0.032}, Quat: one, RGBA: teal},
		{Frame: 1, Kind: "ellipsoid", Size: [3]float64{0.03, 0.019, 0.018}, Quat: one, RGBA: teal},
		{Frame: 1, Kind: "sphere", Size: [3]float64{0.004}, Pos: [3]float64{0.018, 0.012, 0.008}, Quat: one, RGBA: [4]float32{0.02, 0.02, 0.02, 1}},
		{Frame: 1, Kind: "sphere", Size: [3]float64{0.004}, Pos: [3]float64{0.018, -0.012, 0.008}, Quat: one, RGBA: [4]float32{0.02, 0.02, 0.02, 1}},
	}
	for i := range hips {
		w.names = append(w.names, fmt.Sprintf("leg_%d", i))
		w.shapes = append(w.shapes,
			controller.Shape{Frame: 2 + i, Kind: "capsule", Size: [3]float64{0.008, 0.022}, Pos: [3]float64{0, 0, -0.024}, Quat: one, RGBA: teal},
			controller.Shape{Frame: 2 + i, Kind: "box", Size: [3]float64{0.012, 0.008, 0.004}, Pos: [3]float64{0.005, 0, -0.052}, Quat: one, RGBA: paw})
		w.body.Joints = append(w.body.Joints, controller.Joint{Name: fmt.Sprintf("hip_%d", i), Min: -1, Max: 1})
		w.body.Actuators = append(w.body.Actuators, controller.Actuator{Name: fmt.Sprintf("hip_%d", i), Joint: i, Drive: controller.DrivePosition})
		w.body.LimbJoints = append(w.body.LimbJoints, i)
	}
	w.sample = controller.NewSample(&w.body)
	w.frames, w.ghost = make([]float32, 7*len(w.names)), make([]float32, 7*len(w.names))
	return w
}

// at moves the walker to its pose at a tick.
func (w *walker) at(tick int) {
	t := float64(tick) * w.body.Period.Seconds()
	s := &w.sample
	s.Tick, s.Mode, s.State.Time = uint64(tick), controller.ModeTrack, time.Duration(tick)*w.body.Period
	s.Timing = controller.Timing{Late: time.Duration(3000 + 40000*math.Pow(math.Sin(7*t), 8)), Act: 90 * time.Microsecond, Read: 800 * time.Microsecond}
	s.State.Voltage = 23.4
	for i := range hips {
		s.State.Temperature[i] = 40 + float64(i)
		s.State.Pos[i] = swing(t, i)
		s.State.ActPos[i], s.Command.Pos[i] = swing(t, i), swing(t+0.02, i)
	}
	place(w.frames, t)
	place(w.ghost, t+0.05+0.03*math.Sin(t))
}

func swing(t float64, leg int) float64 {
	phase := []float64{0, math.Pi, math.Pi, 0}[leg]
	return 0.5 * math.Sin(2*math.Pi*2*t+phase)
}

// place writes the pose of every frame at time t: a circle of 0.25 m.
func place(out []float32, t float64) {
	a := 0.8 * t
	x, y, z := 0.25*math.Cos(a), 0.25*math.Sin(a), 0.056+0.002*math.Sin(25*t)
	yaw := a + math.Pi/2
	c, s := math.Cos(yaw), math.Sin(yaw)
	put := func(frame int, dx, dy, dz, pitch float64) {
		q := [4]float64{math.Cos(yaw/2) * math.Cos(pitch/2), -math.Sin(yaw/2) * math.Sin(pitch/2),
			math.Cos(yaw/2) * math.Sin(pitch/2), math.Sin(yaw/2) * math.Cos(pitch/2)}
		for k, v := range []float64{x + c*dx - s*dy, y + s*dx + c*dy, z + dz, q[0], q[1], q[2], q[3]} {
			out[7*frame+k] = float32(v)
		}
	}
	put(0, 0, 0, 0, 0)
	put(1, 0.09, 0, 0.012, 0.2+0.1*math.Sin(3*t))
	for i, h := range hips {
		put(2+i, h[0], h[1], 0, swing(t, i))
	}
}
