package onnx

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func readSmall(t *testing.T, build func(b *Builder, r *rand.Rand)) *Model {
	t.Helper()
	b := NewBuilder("small")
	build(b, rand.New(rand.NewPCG(41, 42)))
	m, err := Read("small.onnx", b.encode())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Carrying the state by itself is the same as copying it by hand.
func TestCarryKeepsTheState(t *testing.T) {
	byHand, carried := readSmall(t, lstmGraph), readSmall(t, lstmGraph)
	for _, pair := range [][2]string{{"hn", "h"}, {"cn", "c"}} {
		if err := carried.Carry(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(43, 44))
	var first []float32
	for step := range 5 {
		x := random(r, 5)
		copy(byHand.Input("x"), x)
		copy(carried.Input("x"), x)
		byHand.Run()
		carried.Run()
		if step == 0 {
			first = slices.Clone(carried.Output("hn"))
		}
		if !slices.Equal(byHand.Output("hn"), carried.Output("hn")) {
			t.Fatalf("step %d: the carried state differs", step)
		}
		copy(byHand.Input("h"), byHand.Output("hn"))
		copy(byHand.Input("c"), byHand.Output("cn"))
	}
	carried.Reset()
	copy(carried.Input("x"), random(rand.New(rand.NewPCG(43, 44)), 5))
	carried.Run()
	if !slices.Equal(first, carried.Output("hn")) {
		t.Error("Reset leaves a state")
	}
	for want, pair := range map[string][2]string{
		`no output "x"`: {"x", "h"}, `no input "hn"`: {"hn", "hn"}, `"hn" has 8 values, input "x" takes 5`: {"hn", "x"},
	} {
		if err := carried.Carry(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestScaleLesionsAUnit(t *testing.T) {
	m := readSmall(t, func(b *Builder, r *rand.Rand) {
		h := b.Node("Tanh", "hidden", []string{b.Node("MatMul", "m", []string{b.Input("x", 1, 2), b.Tensor("w", random(r, 8), 2, 4)})})
		b.Output(b.Node("MatMul", "y", []string{h, b.Tensor("v", []float32{1, 10, 100, 1000}, 4, 1)}))
	})
	copy(m.Input("x"), []float32{1, 2})
	m.Run()
	intact := m.Output("y")[0]
	if err := m.Scale("hidden", []float32{0, 0, 1, 0}); err != nil {
		t.Fatal(err)
	}
	m.Run()
	if h := m.Activation("hidden"); m.Output("y")[0] != 100*h[2] || h[0] != 0 || h[2] == 0 {
		t.Errorf("output %g of hidden %g", m.Output("y"), h)
	}
	if err := m.Scale("hidden", nil); err != nil {
		t.Fatal(err)
	}
	if m.Run(); m.Output("y")[0] != intact {
		t.Error("a nil gain does not undo the lesion")
	}
	for want, f := range map[string]func() error{
		`computes no "x"; it computes ["hidden" "y"]`: func() error { return m.Scale("x", nil) },
		`"hidden" has 4 values, the gain has 1`:       func() error { return m.Scale("hidden", []float32{1}) },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if m.Activation("nothing") != nil {
		t.Error("an activation of a value that does not exist")
	}
}

func TestUnknownPortPanics(t *testing.T) {
	m := readSmall(t, lstmGraph)
	for want, f := range map[string]func(){
		`small.onnx has no input "obs"; it has x [1 1 5], h [1 1 8], c [1 1 8]`: func() { m.Input("obs") },
		`small.onnx has no output "x"; it has hn [1 1 8], cn [1 1 8]`:           func() { m.Output("x") },
	} {
		func() {
			defer func() {
				if msg := fmt.Sprint(recover()); !strings.Contains(msg, want) {
					t.Errorf("panic %q, want %s", msg, want)
				}
			}()
			f()
		}()
	}
}
