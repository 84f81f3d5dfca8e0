package motion

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// maxFile is the largest clip file that is read, bytes.
const maxFile = 2 << 30

// ReadFile reads the clips of a file: CSV, NPZ, HDF5, a motion of legs, or key points as CSV, HDF5
// or MAT, told apart by content. k is the body that they are for: joints come
// out in its order, glitches are repaired, key points are fitted to it, and a motion
// that it cannot do is an error (see Possible). With
// k nil the joints stay as the file has them, nothing is repaired, and a file of
// key points is an error.
func ReadFile(path string, k Kinematics) ([]*Clip, error) {
	data, err := readAll(path)
	if err != nil {
		return nil, err
	}
	clips, err := decode(data, path, k)
	if err != nil || k == nil {
		return clips, err
	}
	for i, c := range clips {
		if clips[i], err = c.Reorder(k.JointNames()); err != nil {
			return nil, fmt.Errorf("%w (%s)", err, path)
		}
		clips[i].Repair()
		if err := possible(clips[i], k); err != nil {
			return nil, fmt.Errorf("%w (%s)", err, path)
		}
	}
	return clips, nil
}

// decode tells the format by the first bytes.
func decode(data []byte, path string, k Kinematics) ([]*Clip, error) {
	one := func(c *Clip, err error) ([]*Clip, error) {
		if err != nil {
			return nil, err
		}
		return []*Clip{c}, nil
	}
	fitted := func(kp *KeyPoints, err error) ([]*Clip, error) {
		if err != nil {
			return nil, err
		}
		if k == nil {
			return nil, fmt.Errorf("motion: %s: key points, not a clip: they must be fitted to a body first (whisker clip fit)", path)
		}
		fit, err := FitKeyPoints(kp, k)
		if err != nil {
			return nil, err
		}
		return []*Clip{fit.Clip}, nil
	}
	switch {
	case bytes.HasPrefix(data, []byte("PK")):
		return one(ReadNPZ(data, path))
	case bytes.HasPrefix(data, []byte(h5Signature)) && isKeyPointHDF5(data):
		return fitted(ReadKeyPointsHDF5(data, path))
	case bytes.HasPrefix(data, []byte(h5Signature)):
		return ReadHDF5(data, path)
	case isMAT(data):
		return fitted(ReadKeyPointsMAT(data, path))
	case bytes.HasPrefix(bytes.TrimSpace(data[:min(len(data), 64)]), []byte("{")):
		return one(ReadLegs(data, path))
	case isKeyPointCSV(data):
		return fitted(ReadKeyPointsCSV(bytes.NewReader(data), path))
	}
	return one(ReadCSV(bytes.NewReader(data), path))
}

// ReadKeyPoints reads the key points of a CSV, HDF5 or MAT file.
func ReadKeyPoints(path string) (*KeyPoints, error) {
	data, err := readAll(path)
	switch {
	case err != nil:
		return nil, err
	case bytes.HasPrefix(data, []byte(h5Signature)):
		return ReadKeyPointsHDF5(data, path)
	case isMAT(data):
		return ReadKeyPointsMAT(data, path)
	}
	return ReadKeyPointsCSV(bytes.NewReader(data), path)
}

// isKeyPointCSV tells key points from a clip by the header: points, no root.
func isKeyPointCSV(data []byte) bool {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	return bytes.Contains(header, []byte("Snout_x")) && !bytes.Contains(header, []byte("root_x"))
}

// readAll refuses what cannot be a clip before it fills the memory.
func readAll(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("motion: %w", err)
	}
	if !st.Mode().IsRegular() || st.Size() > maxFile {
		return nil, fmt.Errorf("motion: %s: expected a regular file of at most 2 GiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("motion: %w", err)
	}
	return data, nil
}

// WriteFile writes c as CSV or NPZ, by the extension of path.
func WriteFile(path string, c *Clip) error {
	write := WriteCSV
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv":
	case ".npz":
		write = WriteNPZ
	default:
		return fmt.Errorf("motion: %s: extension %q, expected .csv or .npz", path, ext)
	}
	return writeTo(path, func(w io.Writer) error { return write(w, c) })
}

// writeTo creates or replaces a file. What it held stays until the new content
// is whole.
func writeTo(path string, write func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(0o666), renameio.WithExistingPermissions())
	if err == nil {
		defer func() { _ = f.Cleanup() }() // does nothing once it is in place
		err = write(f)
	}
	if err == nil {
		err = f.CloseAtomicallyReplace()
	}
	var p *os.PathError // of the file that takes its place
	if errors.As(err, &p) {
		err = p.Err
	}
	if err != nil {
		return fmt.Errorf("motion: %s cannot be written: %w", path, err)
	}
	return nil
}
