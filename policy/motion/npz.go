package motion

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"codeberg.org/sbinet/npyio/npy"
	"codeberg.org/sbinet/npyio/npz"
	"gonum.org/v1/gonum/mat"
)

// ReadNPZ reads a clip from an NPZ archive with three arrays, as
// numpy.savez(file, rate=..., joints=..., qpos=...) makes it: rate, frames per
// second (one float64); joints, their n names (strings); and qpos, one row a
// frame of root position (m), root quaternion w, x, y, z and n angles (rad), float64
// or float32.
func ReadNPZ(data []byte, name string) (*Clip, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("motion: %s: %w; expected an NPZ archive", name, err)
	}
	c := &Clip{Name: clipName(name), Source: name}
	var rate, qpos []float64
	var shape []int
	for _, a := range []struct {
		name string
		into func(*npy.Reader) error
	}{
		{"rate", func(r *npy.Reader) (err error) { rate, err = npyFloats(r); return err }},
		{"joints", func(r *npy.Reader) error { return r.Read(&c.Joints) }},
		{"qpos", func(r *npy.Reader) (err error) { shape = r.Header.Descr.Shape; qpos, err = npyFloats(r); return err }},
	} {
		if err := readNPY(z, a.name, a.into); err != nil {
			return nil, fmt.Errorf("motion: %s: array %s: %w", name, a.name, err)
		}
	}
	if len(rate) != 1 || len(shape) != 2 {
		return nil, fmt.Errorf("motion: %s: rate has %d values and qpos %d dimensions, expected 1 and 2", name, len(rate), len(shape))
	}
	c.Rate = rate[0]
	if err := c.setQpos(qpos, shape[1]); err != nil {
		return nil, fmt.Errorf("motion: %s: array qpos: %w", name, err)
	}
	return c, c.finish()
}

// setQpos cuts rows of MuJoCo's qpos into poses.
func (c *Clip) setQpos(qpos []float64, width int) error {
	if width != 7+len(c.Joints) || len(qpos)%width != 0 {
		return fmt.Errorf("%d columns, expected 7 and one for each of %d joints", width, len(c.Joints))
	}
	for i := 0; i < len(qpos); i += width {
		row := qpos[i : i+width]
		c.Poses = append(c.Poses, Pose{
			Pos: [3]float64(row[:3]), Quat: [4]float64(row[3:7]), Q: append([]float64(nil), row[7:]...),
		})
	}
	return nil
}

// readNPY finds an array of the archive and hands its reader over. The reader's
// claims are checked against the bytes that are there, and what it panics at is
// an error, because the parser trusts its input.
func readNPY(z *zip.Reader, name string, into func(*npy.Reader) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not a NumPy array (%v)", r)
		}
	}()
	f, err := z.Open(name + ".npy")
	if err != nil {
		return fmt.Errorf("missing; expected rate, joints and qpos")
	}
	defer f.Close()
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(f, maxFile)); err != nil || n == maxFile {
		return fmt.Errorf("damaged or larger than 2 GiB: %v", err)
	}
	if h := b.Bytes(); len(h) < 12 || h[6] > 1 && uint64(binary.LittleEndian.Uint32(h[8:])) > uint64(len(h)) {
		return fmt.Errorf("not a NumPy array (%d bytes)", len(h))
	}
	r, err := npy.NewReader(&b)
	if err != nil {
		return err
	}
	count, d := 1, r.Header.Descr
	for _, n := range d.Shape {
		if n < 0 || n > 1<<30 || count > 1<<30 {
			return fmt.Errorf("shape %v is beyond reason", d.Shape)
		}
		count *= n
	}
	if count > b.Len() {
		return fmt.Errorf("truncated: %d values announced, %d bytes there", count, b.Len())
	}
	if d.Fortran && len(d.Shape) > 1 {
		return fmt.Errorf("column-major; expected C order (numpy.ascontiguousarray)")
	}
	return into(r)
}

func npyFloats(r *npy.Reader) ([]float64, error) {
	if !strings.Contains(r.Header.Descr.Type, "f4") {
		var v []float64
		return v, r.Read(&v)
	}
	var v []float32
	if err := r.Read(&v); err != nil {
		return nil, err
	}
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out, nil
}

// WriteNPZ writes c as ReadNPZ reads it, in float64.
func WriteNPZ(w io.Writer, c *Clip) error {
	width := 7 + len(c.Joints)
	qpos := mat.NewDense(len(c.Poses), width, nil)
	for i := range c.Poses {
		p := &c.Poses[i]
		row := append(append(p.Pos[:3:3], p.Quat[:]...), p.Q...)
		qpos.SetRow(i, row)
	}
	z := npz.NewWriter(w)
	for _, a := range []struct {
		name  string
		value any
	}{{"rate", []float64{c.Rate}}, {"joints", c.Joints}, {"qpos", qpos}} {
		if err := z.Write(a.name+".npy", a.value); err != nil {
			return fmt.Errorf("motion: array %s: %w", a.name, err)
		}
	}
	return z.Close()
}
