package train

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"codeberg.org/sbinet/npyio/npz"
	"github.com/goccy/go-yaml"
	"gonum.org/v1/gonum/mat"

	"whisker/controller"
	"whisker/policy"
)

// Export writes what the trainer in policy/train/mjx works with into dir, beside
// the model itself (sim.Options.Save), which dir/model.xml must hold:
//
//	task.yaml      the task
//	body.json      controller.Body
//	contract.json  policy.Contract, of a policy without a path from reference to
//	               command but its latent
//	clips.npz      the references, one after the other, a row per frame
//	parity.npz     steps with noise that w really made: state, observation, reward
//
// so that both trainers learn from the same clips, and a test can hold their
// observations and rewards against each other. data says where the clips are from. w
// is moved.
func Export(dir string, task Task, data string, w World, refs []*policy.Reference) error {
	if len(refs) == 0 {
		return fmt.Errorf("train: nothing to export: no references")
	}
	c := policy.NewContract(w.Body())
	c.Action.Residual, c.Training.Data = false, data
	steps, err := walkAstray(task, c, w, refs, paritySteps)
	if err != nil {
		return err
	}
	yml, err := yaml.Marshal(task)
	if err != nil {
		return fmt.Errorf("train: task.yaml: %w", err)
	}
	files := map[string][]byte{"task.yaml": yml}
	for name, content := range map[string]any{"body.json": w.Body(), "contract.json": c} {
		if files[name], err = json.MarshalIndent(content, "", " "); err != nil {
			return fmt.Errorf("train: %s: %w", name, err)
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("train: %w", err)
		}
	}
	if err := exportClips(refs).write(filepath.Join(dir, "clips.npz")); err != nil {
		return err
	}
	return steps.write(filepath.Join(dir, "parity.npz"))
}

const paritySteps = 64

// table collects the rows of named arrays.
type table map[string][]float64

func (t table) add(name string, row ...float64) { t[name] = append(t[name], row...) }

// write makes each array two-dimensional, with as many rows as "row" has entries.
func (t table) write(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("train: %w", cerr)
		}
	}()
	z, rows := npz.NewWriter(f), len(t["row"])
	for name, x := range t {
		if len(x) == 0 {
			continue // a body without feet
		}
		if err := z.Write(name+".npy", mat.NewDense(rows, len(x)/rows, x)); err != nil {
			return fmt.Errorf("train: array %s: %w", name, err)
		}
	}
	return z.Close()
}

func (t table) root(r *controller.Root) {
	t.add("root_position", r.Pos[:]...)
	t.add("root_orientation", r.Quat[:]...)
	t.add("root_velocity", r.Vel[:]...)
	t.add("root_rotation_rate", r.AngVel[:]...)
}

// exportClips puts the references one after the other; row is the frame.
func exportClips(refs []*policy.Reference) table {
	t := table{}
	for i, r := range refs {
		for f := range r.Len() {
			root := r.Root(f)
			t.add("row", float64(f))
			t.add("clip", float64(i))
			t.root(&root)
			t.add("joints", r.Poses[f].Q...)
			t.add("joint_rates", r.Twists[f].Qd...)
			t.add("actuators", r.Act[f]...)
			t.add("command", r.Command[f]...)
			t.add("torque", r.Torque[f]...)
			for k, down := range r.Stance[f] {
				t.add("stance", one(down))
				t.add("feet", r.Feet[f][k][:]...)
			}
		}
	}
	return t
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// walkAstray makes n steps with random output, each episode until it is lost,
// and notes what was seen and earned. row is the step.
func walkAstray(task Task, c policy.Contract, w World, refs []*policy.Reference, n int) (table, error) {
	e, err := newEnv(w, &c, refs)
	if err != nil {
		return nil, err
	}
	config := NewConfig()
	config.Task, config.MaxSteps = task, n
	t, rng := table{}, rand.New(rand.NewPCG(1, 1))
	x, out := make([]float32, c.Layout.Size()), make([]float32, len(c.Actuators))
	begin := true
	for step := 0; step < n; {
		if begin {
			ref := rng.IntN(len(refs))
			if err := e.reset(&config, 0, ref, rng.IntN(refs[ref].Len()/2), rng); err != nil {
				return nil, err
			}
			e.at = ref
		}
		for i := range out {
			out[i] = float32(0.3 * rng.NormFloat64())
		}
		o := e.step(&config, out)
		if begin = o.ended; o.failed {
			continue
		}
		e.observe(x)
		t.add("row", float64(step))
		t.add("clip", float64(e.at))
		t.add("frame", float64(e.frame))
		t.root(&e.truth.Root)
		t.add("joints", e.state.Pos...)
		t.add("joint_rates", e.state.Vel...)
		t.add("activation", e.state.Activation...)
		t.add("foot_force", e.state.FootForce...)
		t.add("command", e.prev...)
		t.add("command_before", e.last...)
		t.add("reward", o.reward)
		for _, v := range x {
			t.add("observation", float64(v))
		}
		step++
	}
	return t, nil
}
