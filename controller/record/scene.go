package record

import (
	"encoding/json"
	"fmt"

	"whisker/controller"
)

// The messages of Foxglove's SceneUpdate, so that its 3-D panel draws the body.
type (
	vec3   struct{ X, Y, Z float64 }
	marker = map[string]any
)

func (v vec3) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"x":%g,"y":%g,"z":%g}`, v.X, v.Y, v.Z), nil
}

// sceneOf draws each shape as one entity that moves with its frame.
func sceneOf(frames []string, shapes []controller.Shape) ([]byte, error) {
	entities := make([]any, len(shapes))
	for i := range shapes {
		entities[i] = entity(i, frames[shapes[i].Frame], &shapes[i])
	}
	return json.Marshal(marker{"deletions": []any{}, "entities": entities})
}

func entity(i int, frame string, s *controller.Shape) marker {
	zero := marker{"sec": 0, "nsec": 0}
	e := marker{"timestamp": zero, "frame_id": frame, "id": fmt.Sprintf("shape %d", i), "lifetime": zero, "frame_locked": true}
	for _, kind := range []string{"metadata", "arrows", "cubes", "spheres", "cylinders", "lines", "triangles", "texts", "models"} {
		e[kind] = []any{} // the schema wants every list, also the empty ones
	}
	r, h := s.Size[0], s.Size[1]
	full := vec3{2 * s.Size[0], 2 * s.Size[1], 2 * s.Size[2]}
	switch s.Kind {
	case "sphere":
		e["spheres"] = []any{solid(s, 0, vec3{2 * r, 2 * r, 2 * r})}
	case "ellipsoid":
		e["spheres"] = []any{solid(s, 0, full)}
	case "box":
		e["cubes"] = []any{solid(s, 0, full)}
	case "plane": // half extents of 0 mean endless
		for _, side := range []*float64{&full.X, &full.Y} {
			if *side == 0 {
				*side = 20
			}
		}
		e["cubes"] = []any{solid(s, 0, vec3{full.X, full.Y, 0.001})}
	case "cylinder", "capsule":
		c := solid(s, 0, vec3{2 * r, 2 * r, 2 * h})
		c["bottom_scale"], c["top_scale"] = 1, 1
		e["cylinders"] = []any{c}
		if s.Kind == "capsule" {
			ball := vec3{2 * r, 2 * r, 2 * r}
			e["spheres"] = []any{solid(s, h, ball), solid(s, -h, ball)}
		}
	case "mesh":
		m := solid(s, 0, vec3{})
		delete(m, "size")
		m["points"], m["indices"], m["colors"] = points(s.Vertices), s.Faces, []any{}
		e["triangles"] = []any{m}
	}
	return e
}

// solid is a primitive of a size, its centre moved along the shape's z, m.
func solid(s *controller.Shape, along float64, size vec3) marker {
	w, x, y, z := s.Quat[0], s.Quat[1], s.Quat[2], s.Quat[3]
	p := vec3{ // the third column of the rotation matrix times along
		s.Pos[0] + along*2*(x*z+w*y),
		s.Pos[1] + along*2*(y*z-w*x),
		s.Pos[2] + along*(1-2*(x*x+y*y)),
	}
	return marker{
		"pose":  marker{"position": p, "orientation": marker{"x": x, "y": y, "z": z, "w": w}},
		"size":  size,
		"color": marker{"r": s.RGBA[0], "g": s.RGBA[1], "b": s.RGBA[2], "a": s.RGBA[3]},
	}
}

func points(v []float32) []vec3 {
	p := make([]vec3, len(v)/3)
	for i := range p {
		p[i] = vec3{float64(v[3*i]), float64(v[3*i+1]), float64(v[3*i+2])}
	}
	return p
}
