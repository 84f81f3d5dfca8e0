package record

import (
	"encoding/json"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"

	"whisker/controller"
)

// missing lists what is in a message and not in its schema, and the other way
// round, by its path.
func missing(path string, schema map[string]any, message any) (unknown, absent []string) {
	switch v := message.(type) {
	case map[string]any:
		props, _ := schema["properties"].(map[string]any)
		if props == nil { // a map of any keys
			return nil, nil
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			p, ok := props[key].(map[string]any)
			if !ok {
				unknown = append(unknown, path+"."+key)
				continue
			}
			u, a := missing(path+"."+key, p, v[key])
			unknown, absent = append(unknown, u...), append(absent, a...)
		}
		for _, key := range slices.Sorted(maps.Keys(props)) {
			if _, ok := v[key]; !ok {
				absent = append(absent, path+"."+key)
			}
		}
	case []any:
		items, _ := schema["items"].(map[string]any)
		for _, x := range v {
			if items == nil {
				return append(unknown, path+"[]"), absent
			}
			u, a := missing(path+"[]", items, x)
			unknown, absent = append(unknown, u...), append(absent, a...)
		}
	default:
		want := map[string]string{"string": "string", "float64": "number", "bool": "boolean"}[reflect.TypeOf(v).String()]
		if got := schema["type"]; got != want && !(got == "integer" && want == "number") {
			unknown = append(unknown, path+" of type "+want)
		}
	}
	return unknown, absent
}

func TestSchemasDescribeTheMessages(t *testing.T) {
	schemas := map[string]map[string]any{}
	for _, tp := range topics() {
		var s map[string]any
		if err := json.Unmarshal([]byte(tp.shape), &s); err != nil {
			t.Fatalf("%s: %v in %s", tp.name, err, tp.shape)
		}
		schemas[tp.name] = s
	}
	h := testHeader()
	r := open(t, record(t, h, ticks(&h, 1)))
	seen := map[string]bool{}
	for {
		m, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(m.JSON, &v); err != nil {
			t.Fatalf("%s: %v", m.Topic, err)
		}
		unknown, absent := missing(m.Topic, schemas[m.Topic], v)
		if m.Topic == TopicShapes { // has parts of other shapes only
			absent = nil
		}
		if unknown != nil || absent != nil {
			t.Errorf("the schema lacks %v, the message %v", unknown, absent)
		}
		seen[m.Topic] = true
	}
	if len(seen) != len(schemas) {
		t.Errorf("messages of %v, schemas of %d topics", seen, len(schemas))
	}
}

func TestShapesAsFoxgloveDrawsThem(t *testing.T) {
	half := math.Sqrt2 / 2
	shapes := []controller.Shape{
		// A capsule that lies along the frame's y: turned by 90 degrees about x.
		{Kind: "capsule", Size: [3]float64{0.1, 0.5}, Pos: [3]float64{1, 2, 3}, Quat: [4]float64{half, -half, 0, 0}},
		{Kind: "sphere", Size: [3]float64{0.1}},
		{Kind: "ellipsoid", Size: [3]float64{0.1, 0.2, 0.3}},
		{Kind: "box", Size: [3]float64{1, 2, 3}},
		{Kind: "plane"},
		{Kind: "mesh", Vertices: []float32{0, 0, 0, 1, 0, 0, 0, 1, 0}, Faces: []int32{0, 1, 2}},
	}
	b, err := sceneOf([]string{"torso"}, shapes)
	if err != nil {
		t.Fatal(err)
	}
	type v3 struct{ X, Y, Z float64 }
	type part struct {
		Pose    struct{ Position v3 }
		Size    v3
		Points  []v3
		Indices []int
	}
	var got struct {
		Entities []struct {
			FrameID                              string `json:"frame_id"`
			Spheres, Cubes, Cylinders, Triangles []part
		}
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want v3) {
		t.Helper()
		if d := math.Abs(got.X-want.X) + math.Abs(got.Y-want.Y) + math.Abs(got.Z-want.Z); d > 1e-12 {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	e := got.Entities
	if e[0].FrameID != "torso" {
		t.Errorf("frame %q", e[0].FrameID)
	}
	near("capsule", e[0].Cylinders[0].Size, v3{0.2, 0.2, 1})
	near("one end of the capsule", e[0].Spheres[0].Pose.Position, v3{1, 2.5, 3})
	near("the other end", e[0].Spheres[1].Pose.Position, v3{1, 1.5, 3})
	near("sphere", e[1].Spheres[0].Size, v3{0.2, 0.2, 0.2})
	near("ellipsoid", e[2].Spheres[0].Size, v3{0.2, 0.4, 0.6})
	near("box", e[3].Cubes[0].Size, v3{2, 4, 6})
	near("endless plane", e[4].Cubes[0].Size, v3{20, 20, 0.001})
	near("mesh", e[5].Triangles[0].Points[1], v3{1, 0, 0})
	if !slices.Equal(e[5].Triangles[0].Indices, []int{0, 1, 2}) {
		t.Errorf("faces %v", e[5].Triangles[0].Indices)
	}
}
