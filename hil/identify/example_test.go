package identify_test

import (
	"context"
	"fmt"
	"math"

	"whisker/hil/identify"
)

// A joint of 0.05 kg·m² behind 20 N·m/rad and 1 N·m·s/rad, and what a log of it tells.
func Example() {
	l := &identify.Log{Name: "swing", Joints: []string{"hip"}, Command: make([][]float64, 1), Position: make([][]float64, 1)}
	q, v, told := 0.0, 0.0, 0.0
	for i := range 4000 { // of 1 ms
		if t := float64(i) / 1000; i%10 == 0 {
			told = 0.3 * math.Sin((2+2*t)*t)
			l.Time, l.Command[0], l.Position[0] = append(l.Time, t), append(l.Command[0], told), append(l.Position[0], q)
		}
		v += 1e-3 * (20*(told-q) - 1*v) / 0.05
		q += 1e-3 * v
	}
	p := &identify.Profile{
		Name: "arm", Law: identify.Impedance, Joints: l.Joints,
		Known: map[identify.Param]float64{identify.Kp: 20, identify.Kd: 1},
		Fit:   map[identify.Param][]float64{identify.Armature: {0.001, 1}, identify.Delay: {0, 0.05}},
	}
	body, err := identify.Identify(context.Background(), p, []*identify.Log{l}, identify.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	f := body.Joints[0].Found[identify.Armature]
	fmt.Printf("%s %.2f, identified: %v\n", identify.Armature, f.Value, f.Identified)
	// Output: armature_kg_m2 0.05, identified: true
}
