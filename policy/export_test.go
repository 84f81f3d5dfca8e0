package policy_test

import (
	"encoding/json"
	"math"
	"testing"

	"whisker/policy"
	"whisker/policy/onnx"
)

// The exported model gives what the policy gives, tick by tick.
func TestExportedModelComputesTheSame(t *testing.T) {
	for name, f := range map[string]*policy.File{"mlp": untrained(small()), "lstm": recurrent(untrained(small()))} {
		encode(t, f) // makes the golden pairs
		data, err := f.ONNX()
		if err != nil {
			t.Fatal(err)
		}
		m, err := onnx.Read(name, data)
		if err != nil {
			t.Fatal(err)
		}
		var c policy.Contract
		if err := json.Unmarshal([]byte(m.Metadata["whisker_contract"]), &c); err != nil || c.Check(small()) != nil {
			t.Errorf("%s: the contract in the metadata does not hold: %v, %v", name, err, c.Check(small()))
		}
		if name == "lstm" {
			for _, s := range []string{"h", "c"} {
				if err := m.Carry("decoder_1_"+s, "decoder_1_"+s+"_in"); err != nil {
					t.Fatal(err)
				}
			}
		}
		run, err := policy.NewInference(&f.Network, f.Contract.Layout.BodySize())
		if err != nil {
			t.Fatal(err)
		}
		for tick := range 6 {
			obs := f.Golden[tick%len(f.Golden)].Observation
			copy(m.Input("observation"), obs)
			m.Run()
			for i, want := range run.Run(obs, nil) {
				if got := m.Output("action")[i]; math.Abs(float64(got-want)) > 1e-5 {
					t.Errorf("%s, tick %d: output %d is %g in ONNX, %g here", name, tick, i, got, want)
				}
			}
		}
	}
}
