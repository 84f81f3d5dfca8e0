package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"whisker/controller"
)

// A policy file is
//
//	8 bytes   "WHISKPOL"
//	4 bytes   version, 1
//	4 bytes   length of the header
//	header    JSON: contract, network (shapes and activations), number of golden pairs
//	tensors   float32: mean, std, then W, U and B of each encoder and decoder layer,
//	          then each golden pair's observation and output
//	32 bytes  SHA-256 of everything before
//
// with all numbers little-endian. Rows of W belong to outputs;
// U is empty but for an LSTM.
const (
	fileMagic   = "WHISKPOL"
	fileVersion = 1
	maxHeader   = 1 << 20
	maxWidth    = 1 << 14 // of a layer
	goldenPairs = 4
	goldenTol   = 1e-5
)

// File is a policy file: contract, weights, and golden pairs by which a reader
// checks that it computes what the writer did.
type File struct {
	Contract Contract
	Network  Network
	Golden   []Golden
}

// Golden is an observation and the output that the network gives for it with
// the latent at its mean.
type Golden struct {
	Observation []float32
	Output      []float32
}

// header is the JSON part of a policy file.
type header struct {
	Contract Contract `json:"contract"`
	Network  Network  `json:"network"`
	Golden   int      `json:"golden"`
}

// Check says which part of the contract body b does not meet, or nil.
func (f *File) Check(b *controller.Body) error { return f.Contract.Check(b) }

// Write writes the file. It makes golden pairs if there are none.
func (f *File) Write(w io.Writer) error {
	if err := f.valid(); err != nil {
		return err
	}
	if len(f.Golden) == 0 {
		if err := f.makeGolden(); err != nil {
			return err
		}
	}
	head, err := json.Marshal(header{f.Contract, f.Network, len(f.Golden)})
	if err != nil {
		return fmt.Errorf("policy: header: %w", err)
	}
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	start := append([]byte(fileMagic), make([]byte, 8)...)
	binary.LittleEndian.PutUint32(start[8:], fileVersion)
	binary.LittleEndian.PutUint32(start[12:], uint32(len(head)))
	if _, err := out.Write(append(start, head...)); err != nil {
		return err
	}
	for _, t := range f.tensors() {
		if err := binary.Write(out, binary.LittleEndian, *t); err != nil {
			return err
		}
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// tensors lists all arrays in the order of the file.
func (f *File) tensors() []*[]float32 {
	t := []*[]float32{&f.Network.Mean, &f.Network.Std}
	for _, layers := range [][]Layer{f.Network.Encoder, f.Network.Decoder} {
		for i := range layers {
			t = append(t, &layers[i].W, &layers[i].U, &layers[i].B)
		}
	}
	for i := range f.Golden {
		t = append(t, &f.Golden[i].Observation, &f.Golden[i].Output)
	}
	return t
}

// valid checks that the parts fit each other.
func (f *File) valid() error {
	l := &f.Contract.Layout
	return f.Network.check(l.Size(), l.BodySize(), len(f.Contract.Actuators))
}

// makeGolden draws observations as the normaliser expects them.
func (f *File) makeGolden() error {
	run, err := NewInference(&f.Network, f.Contract.Layout.BodySize())
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for range goldenPairs {
		obs := make([]float32, len(f.Network.Mean))
		for i := range obs {
			obs[i] = f.Network.Mean[i] + f.Network.Std[i]*float32(rng.NormFloat64())
		}
		f.Golden = append(f.Golden, Golden{obs, append([]float32(nil), run.Run(obs, nil)...)})
		run.Reset()
	}
	return nil
}

// verify recomputes the golden pairs.
func (f *File) verify() error {
	run, err := NewInference(&f.Network, f.Contract.Layout.BodySize())
	if err != nil {
		return err
	}
	for n, g := range f.Golden {
		run.Reset()
		for i, v := range run.Run(g.Observation, nil) {
			if want := g.Output[i]; !(math.Abs(float64(v-want)) <= goldenTol*max(1, math.Abs(float64(want)))) {
				return fmt.Errorf("policy: golden pair %d, output %d (%s) is %g here and %g in the file: this build computes another network", n, i, f.Contract.Actuators[i], v, want)
			}
		}
	}
	return nil
}

// Load reads a policy file and checks it.
func Load(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, path)
	}
	return f, nil
}

// Parse reads a policy file from memory, and checks its sum, its shapes and its
// golden pairs.
func Parse(data []byte) (*File, error) {
	const frame = len(fileMagic) + 8 + sha256.Size
	if len(data) < frame || string(data[:8]) != fileMagic {
		return nil, fmt.Errorf("policy: not a policy file: it does not start with %s (a network in ONNX has no contract: whisker run --layout says what it sees)", fileMagic)
	}
	if v := binary.LittleEndian.Uint32(data[8:]); v != fileVersion {
		return nil, fmt.Errorf("policy: policy file of version %d, this build reads %d", v, fileVersion)
	}
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if have := sha256.Sum256(body); !bytes.Equal(have[:], sum) {
		return nil, fmt.Errorf("policy: the policy file is truncated or damaged: its checksum does not match; copy it again")
	}
	n := int64(binary.LittleEndian.Uint32(data[12:]))
	if n > maxHeader || n > int64(len(body)-16) {
		return nil, fmt.Errorf("policy: header of %d bytes in a file of %d", n, len(data))
	}
	var h header
	dec := json.NewDecoder(bytes.NewReader(body[16 : 16+n]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return nil, fmt.Errorf("policy: header: %w", err)
	}
	f := &File{Contract: h.Contract, Network: h.Network}
	if err := f.cut(body[16+n:], h.Golden); err != nil {
		return nil, err
	}
	if err := f.valid(); err != nil {
		return nil, err
	}
	return f, f.verify()
}

// cut shares the numbers in data out to the tensors that the header announces.
func (f *File) cut(data []byte, golden int) error {
	if golden < 1 || golden > 1000 {
		return fmt.Errorf("policy: %d golden pairs in the file, want 1 to 1000", golden)
	}
	f.Golden = make([]Golden, golden)
	obs := f.Contract.Layout.Size()
	sizes := []int{obs, obs}
	for _, layers := range [][]Layer{f.Network.Encoder, f.Network.Decoder} {
		for _, l := range layers {
			if err := l.check(); err != nil {
				return err
			}
			w, u, b := l.sizes()
			sizes = append(sizes, w, u, b)
		}
	}
	for range golden {
		sizes = append(sizes, obs, len(f.Contract.Actuators))
	}
	for i, t := range f.tensors() {
		n := sizes[i]
		if n < 0 || n > len(data)/4 {
			return fmt.Errorf("policy: tensor %d of %d needs %d numbers, %d are left in the file", i, len(sizes), n, len(data)/4)
		}
		*t = make([]float32, n)
		for k := range *t {
			v := math.Float32frombits(binary.LittleEndian.Uint32(data[4*k:]))
			if v != v || math.IsInf(float64(v), 0) {
				return fmt.Errorf("policy: tensor %d holds a number that is not finite at %d", i, k)
			}
			(*t)[k] = v
		}
		data = data[4*n:]
	}
	if len(data) != 0 {
		return fmt.Errorf("policy: %d bytes too many in the file", len(data))
	}
	return nil
}
