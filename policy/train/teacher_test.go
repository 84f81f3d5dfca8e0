package train

import (
	"slices"
	"testing"

	"whisker/policy"
	"whisker/policy/nn"
)

// A specialist is asked about clips of its kinds, and about no others.
func TestASpecialistAnswersForItsKinds(t *testing.T) {
	worlds, refs := balancers(t, 16)
	ref := *refs[0]
	ref.Name = "stand-7"
	c := quick()
	first := learned(t, c, worlds, refs)
	c.Seed = 2
	second := learned(t, c, worlds, refs)
	asked := func(f *policy.File, specialists ...specialist) []float32 {
		t.Helper()
		contract := first.Contract
		teacher, err := newTeacher(f, nil, &contract, 1, nn.NewGemm())
		if err != nil {
			t.Fatal(err)
		}
		teacher.specialists = specialists
		e, err := newEnv(worlds[0], &contract, []*policy.Reference{&ref})
		if err != nil {
			t.Fatal(err)
		}
		e.ref = &ref
		if err := e.world.Read(&e.state); err != nil {
			t.Fatal(err)
		}
		x := make([]float32, contract.Layout.Size())
		e.observe(x)
		teacher.answer([]*env{e}, x)
		return teacher.out
	}
	contract := first.Contract
	know := func(kinds ...string) specialist {
		s, err := newTeacher(second, nil, &contract, 1, nn.NewGemm())
		if err != nil {
			t.Fatal(err)
		}
		return specialist{s, kinds}
	}
	if err := worlds[0].Start(); err != nil {
		t.Fatal(err)
	}
	alone, other := asked(first), asked(second)
	if slices.Equal(alone, other) {
		t.Fatal("two teachers answer the same")
	}
	if got := asked(first, know("walk", "stand")); !slices.Equal(got, other) {
		t.Errorf("on clip %s: %v, want the specialist's %v", ref.Name, got, other)
	}
	if got := asked(first, know("walk", "standing")); !slices.Equal(got, alone) {
		t.Errorf("on clip %s: %v, want the teacher's %v", ref.Name, got, alone)
	}
}
