package motion

import (
	"bytes"
	"embed"
	"fmt"
	"strings"

	"whisker/controller"
)

//go:embed clips/*.csv
var shippedFiles embed.FS

// shippedSpecs are the clips that come with the program; SynthesizeShipped makes
// them again.
var shippedSpecs = []struct {
	name string
	spec Spec
}{
	{"stand", Spec{Kind: Stand, Seed: 1, Seconds: 5}},
	{"turn", Spec{Kind: Turn, Seed: 1, Seconds: 5, TurnRate: 0.7}},
	{"walk", Spec{Kind: Walk, Seed: 1, Seconds: 5, Speed: 0.15, Curvature: 0.8}},
}

// ShippedNames are the names of the clips that come with the program.
func ShippedNames() []string {
	var names []string
	for _, s := range shippedSpecs {
		names = append(names, s.name)
	}
	return names
}

// Shipped reads a clip that comes with the program.
func Shipped(name string) (*Clip, error) {
	text, err := shippedFiles.ReadFile("clips/" + name + ".csv")
	if err != nil {
		return nil, fmt.Errorf("motion: no shipped clip %q, expected one of %s", name, strings.Join(ShippedNames(), ", "))
	}
	clip, err := ReadCSV(bytes.NewReader(text), name)
	if err != nil {
		return nil, err
	}
	for _, s := range shippedSpecs {
		if s.name == name {
			clip.Source = s.spec.String()
		}
	}
	return clip, nil
}

// SynthesizeShipped makes the shipped clips, named and in the order of
// ShippedNames.
func SynthesizeShipped(k Kinematics, b *controller.Body) ([]*Clip, error) {
	var clips []*Clip
	for _, s := range shippedSpecs {
		clip, err := Synthesize(k, b, s.spec)
		if err != nil {
			return nil, err
		}
		clip.Name = s.name
		clips = append(clips, clip)
	}
	return clips, nil
}
