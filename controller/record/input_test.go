package record

import (
	"testing"
	"time"

	"whisker/controller"
)

// What an onlooker asked for comes back whole: a replay feeds it to the policy.
func TestInputsComeBack(t *testing.T) {
	body := &controller.Body{Name: "leg", Period: 20 * time.Millisecond, Joints: []controller.Joint{{Name: "knee"}}, Actuators: []controller.Actuator{{Name: "knee"}}}
	for _, goal := range []controller.Goal{{Vel: [2]float64{0.5, -0.25}, Heading: 1.5}, {Vel: [2]float64{0.125, 0}, Turn: -0.75, ByTurn: true}} {
		x, back := controller.NewSample(body), controller.NewSample(body)
		x.Input = controller.Inputs{Seq: 7, Kind: controller.InputGoal | controller.InputClip, Mode: controller.ModeTrack, Clip: 2, Goal: goal}
		if err := decodeSample(jsonText(nil).sample(&x), &back); err != nil || back.Input != x.Input {
			t.Errorf("%+v, %v: want %+v", back.Input, err, x.Input)
		}
	}
}
