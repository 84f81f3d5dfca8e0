//go:build !cgo

package sim

import "errors"

// Without cgo there is no MuJoCo: load fails, and nothing else can be reached.

type model struct{}

type world struct {
	views
	model *model
}

// Version is the version of the MuJoCo library in use; "" without it.
func Version() string { return "" }

func load(string, Options) (*model, *facts, error) {
	return nil, nil, errors.New("sim: this binary was built without the simulator: install gcc, run `make deps`, and build with CGO_ENABLED=1")
}

func (m *model) arm([]drive, []int32, int)            {}
func (m *model) free()                                {}
func (m *model) hash() string                         { return "" }
func (m *model) newWorld() (*world, error)            { return &world{model: m}, nil }
func (w *world) close()                               {}
func (w *world) reset() error                         { return nil }
func (w *world) forward() error                       { return nil }
func (w *world) kinematics() error                    { return nil }
func (w *world) lengths() error                       { return nil }
func (w *world) step(int) error                       { return nil }
func (w *world) loop(int) error                       { return nil }
func (w *world) adopt(*world) error                   { return nil }
func (w *world) inverse([]float64) error              { return nil }
func (w *world) dynamics([]float64, []float64) error  { return nil }
func (w *world) jacobian(int, *[3]float64, []float64) {}
func (w *world) moment([]float64)                     {}
func (w *world) touch([]bool) bool                    { return false }
func (w *world) late() error                          { return nil }
func (w *world) learn([]*Network, float64) error      { return nil }
func (w *world) own() error                           { return nil }
func (w *world) constants() error                     { return nil }
func (w *world) parameters() parameters               { return parameters{} }
func (w *world) weigh() error                         { return nil }
func (w *world) unlearned(int) []float64              { return nil }
func (w *world) bear()                                {}

func (w *world) overlaps([]int32, []float64) (n int, err error) { return 0, nil }
