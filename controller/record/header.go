package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"whisker/controller"
)

// Header is what a recording knows before the first tick: enough to run the
// same thing again.
type Header struct {
	Body     *controller.Body
	Scenario []byte             // the resolved scenario, YAML
	Shapes   []controller.Shape // what to draw; Shape.Frame indexes Frames
	Frames   []string           // names of the frames whose poses Put is handed
	Layers   []Layer            // of the network, in the order of Put's activations
	Clips    []string           // what was asked to be played
	Policy   string             // SHA-256 of the policy file, hex; "" without one
	Model    string             // SHA-256 of the simulated model, hex; "" without a simulator
	Firmware string             // SHA-256 of the firmware's image, hex; "" without one, or where it is not known
	Seeds    map[string]uint64  // by what they seed, such as latent
	Kernel   string             // matrix kernel: commands are the same bits on the same one
	MuJoCo   string             // version; "" without a simulator
	Version  string             // of Whisker
	Started  string             // wall-clock time, RFC 3339; "" where runs are compared byte by byte
}

// Layer names a part of the network and counts its activations.
type Layer struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

// Names of what a header is kept as.
const (
	attachScenario = "scenario.yaml"
	attachBody     = "body.json"
	attachShapes   = "shapes.json"
	metaRun        = "whisker"     // versions, hashes, seeds, clips
	metaEnd        = "whisker.end" // counts, written when a recording ends
	seedPrefix     = "seed_"

	maxLayer = 1 << 20 // activations
)

// shapesFile is the content of shapes.json.
type shapesFile struct {
	Frames []string           `json:"frames"`
	Shapes []controller.Shape `json:"shapes"`
}

func (h *Header) check() error {
	if h.Body == nil {
		return fmt.Errorf("record: Header.Body is nil, expected the body that is recorded")
	}
	for i, s := range h.Shapes {
		if s.Frame < 0 || s.Frame >= len(h.Frames) {
			return fmt.Errorf("record: Header.Shapes[%d].Frame is %d, expected the index of one of %d frames", i, s.Frame, len(h.Frames))
		}
	}
	for i, l := range h.Layers {
		if l.Size < 0 || l.Size > maxLayer {
			return fmt.Errorf("record: Header.Layers[%d].Size is %d, expected 0 to %d", i, l.Size, maxLayer)
		}
	}
	return nil
}

// activations is the length of all layers.
func (h *Header) activations() int {
	n := 0
	for _, l := range h.Layers {
		n += l.Size
	}
	return n
}

// write stores the header in a new file.
func (h *Header) write(w *file) error {
	body, err := json.Marshal(h.Body)
	if err != nil {
		return fmt.Errorf("record: body %s does not encode: %w", h.Body.Name, err)
	}
	shapes, err := json.Marshal(shapesFile{h.Frames, h.Shapes})
	if err != nil {
		return fmt.Errorf("record: shapes of body %s do not encode: %w", h.Body.Name, err)
	}
	if err := w.metadata(metaRun, h.pairs()); err != nil {
		return err
	}
	if err := w.attachment(attachBody, "application/json", body); err != nil {
		return err
	}
	if err := w.attachment(attachScenario, "application/yaml", h.Scenario); err != nil {
		return err
	}
	return w.attachment(attachShapes, "application/json", shapes)
}

// pairs is the metadata of a header, sorted where it comes from a map.
func (h *Header) pairs() []string {
	list := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic("record: " + err.Error()) // strings and integers always encode
		}
		return string(b)
	}
	kv := []string{
		"version", h.Version, "mujoco", h.MuJoCo, "kernel", h.Kernel, "policy_sha256", h.Policy, "model_sha256", h.Model, "firmware_sha256", h.Firmware,
		"body_sha256", h.Body.Hash(), "started", h.Started, "clips", list(h.Clips), "layers", list(h.Layers),
	}
	var seeds []string
	for name := range h.Seeds {
		seeds = append(seeds, name)
	}
	slices.Sort(seeds)
	for _, name := range seeds {
		kv = append(kv, seedPrefix+name, strconv.FormatUint(h.Seeds[name], 10))
	}
	return kv
}

// parsePairs is the way back.
func (h *Header) parsePairs(kv []string) error {
	var err error
	for i := 0; i+1 < len(kv) && err == nil; i += 2 {
		k, v := kv[i], kv[i+1]
		switch {
		case k == "version":
			h.Version = v
		case k == "mujoco":
			h.MuJoCo = v
		case k == "kernel":
			h.Kernel = v
		case k == "policy_sha256":
			h.Policy = v
		case k == "model_sha256":
			h.Model = v
		case k == "firmware_sha256":
			h.Firmware = v
		case k == "started":
			h.Started = v
		case k == "clips":
			err = json.Unmarshal([]byte(v), &h.Clips)
		case k == "layers":
			err = json.Unmarshal([]byte(v), &h.Layers)
		case len(k) > len(seedPrefix) && k[:len(seedPrefix)] == seedPrefix:
			if h.Seeds == nil {
				h.Seeds = map[string]uint64{}
			}
			h.Seeds[k[len(seedPrefix):]], err = strconv.ParseUint(v, 10, 64)
		}
		if err != nil {
			return fmt.Errorf("metadata %s: %s is %q: %w", metaRun, k, v, err)
		}
	}
	return nil
}

// parseAttachment is the way back.
func (h *Header) parseAttachment(name string, data []byte) error {
	var err error
	switch name {
	case attachScenario:
		h.Scenario = slices.Clone(data)
	case attachBody:
		h.Body = new(controller.Body)
		err = json.Unmarshal(data, h.Body)
	case attachShapes:
		var s shapesFile
		err = json.Unmarshal(data, &s)
		h.Frames, h.Shapes = s.Frames, s.Shapes
	}
	if err != nil {
		return fmt.Errorf("attachment %s: %w", name, err)
	}
	return nil
}
