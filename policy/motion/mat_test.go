package motion

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"strings"
	"testing"
)

// matFile writes a MAT file by the format's description, independently of the
// reader: header, and one element of type miMATRIX per array.
func matFile(arrays ...[]byte) []byte {
	head := make([]byte, 128)
	copy(head, "MATLAB 5.0 MAT-file, for a test")
	copy(head[124:], "\x00\x01IM")
	return append(head, bytes.Join(arrays, nil)...)
}

func matTag(kind, size uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), size)
}

// matNumeric is a double array of float32 or float64 values, first index fastest.
func matNumeric(name string, shape []int32, values any) []byte {
	var b bytes.Buffer
	b.Write(append(matTag(6, 8), matTag(6, 0)...)) // flags: class double
	b.Write(matTag(5, uint32(4*len(shape))))
	binary.Write(&b, binary.LittleEndian, shape)
	pad := func() { b.Write(make([]byte, -b.Len()&7)) }
	pad()
	if len(name) <= 4 { // the short form
		b.Write(append([]byte{1, 0, byte(len(name)), 0}, (name + "\x00\x00\x00\x00")[:4]...))
	} else {
		b.Write(append(matTag(1, uint32(len(name))), name...))
	}
	pad()
	kind := uint32(9)
	if _, single := values.([]float32); single {
		kind = 7
	}
	b.Write(matTag(kind, uint32(binary.Size(values))))
	binary.Write(&b, binary.LittleEndian, values)
	pad()
	return append(matTag(14, uint32(b.Len())), b.Bytes()...)
}

func matZlib(element []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(element)
	z.Close()
	return append(matTag(15, uint32(b.Len())), b.Bytes()...)
}

// pred is 6 x 3 x 23: all points in a line along x, 20 mm apart, frame f at
// y = f, in MATLAB's order.
func pred() []float64 {
	var v []float64
	for i := range danncePoints {
		for a := 0; a < 3; a++ {
			for f := 0; f < 6; f++ {
				v = append(v, []float64{20 * float64(i), float64(f), 50}[a])
			}
		}
	}
	return v
}

func singles(v []float64) (s []float32) {
	for _, x := range v {
		s = append(s, float32(x))
	}
	return s
}

func TestReadKeyPointsMAT(t *testing.T) {
	shape := []int32{6, 3, 23}
	other := matNumeric("sampleID", []int32{1, 2}, []float64{1, 2})
	text := matNumeric("names", []int32{1, 2}, []float64{1, 2})
	text[16] = 4 // the class of characters
	for name, file := range map[string][]byte{
		"plain":             matFile(matNumeric("pred", shape, pred())),
		"single precision":  matFile(matNumeric("pred", shape, singles(pred()))),
		"compressed":        matFile(matZlib(other), matZlib(matNumeric("pred", shape, pred()))),
		"alone, other name": matFile(matNumeric("data_smoothed", shape, pred())),
		"one animal":        matFile(matNumeric("pred", []int32{6, 1, 3, 23}, pred())),
		"beside characters": matFile(text, other, matNumeric("pred", shape, pred())),
	} {
		t.Run(name, func(t *testing.T) {
			if !isMAT(file) {
				t.Fatal("not taken for a MAT file")
			}
			k, err := ReadKeyPointsMAT(file, "rat.mat")
			if err != nil {
				t.Fatal(err)
			}
			if d := length(sub(k.Frames[5][4], [3]float64{0.08, 0.005, 0.05})); len(k.Frames) != 6 || d > 1e-12 || k.Rate != 50 {
				t.Errorf("%d frames at %g Hz, SpineM at %v m; want 6 at 50, 0.08, 0.005, 0.05", len(k.Frames), k.Rate, k.Frames[5][4])
			}
		})
	}
}

func TestReadKeyPointsMATErrors(t *testing.T) {
	good := matFile(matNumeric("pred", []int32{6, 3, 23}, pred()))
	packed := matFile(matZlib(matNumeric("pred", []int32{6, 3, 23}, pred())))
	spoil := func(file []byte, at int, b ...byte) []byte {
		out := bytes.Clone(file)
		copy(out[at:], b)
		return out
	}
	for name, tc := range map[string]struct {
		file []byte
		want string
	}{
		"empty":             {nil, "not a MAT file of level 5"},
		"truncated":         {good[:len(good)-100], "truncated MAT file"},
		"truncated packed":  {packed[:len(packed)-100], "truncated MAT file"},
		"damaged packed":    {spoil(packed, 200, 1, 2, 3, 4), "damaged compression"},
		"dimensions":        {spoil(good, 160, 255, 255, 255, 127, 255, 255, 255, 127), "array pred: damaged dimensions"},
		"negative":          {spoil(good, 160, 255, 255, 255, 255), "array pred: damaged dimensions"},
		"other count":       {spoil(good, 160, 7), "array pred: 414 values for shape [7 3 23]"},
		"other shape":       {matFile(matNumeric("pred", []int32{6, 69}, pred())), "expected frames x 3 x 23"},
		"two, neither pred": {matFile(matNumeric("a", []int32{1, 1}, []float64{1}), matNumeric("b", []int32{1, 1}, []float64{1})), `arrays ["a" "b"], expected one named pred`},
		"nothing in it":     {matFile(), "expected one named pred"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadKeyPointsMAT(tc.file, "bad.mat")
			if err == nil || !strings.HasPrefix(err.Error(), "motion: bad.mat: ") || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, expected %q", err, tc.want)
			}
		})
	}
}

func FuzzReadKeyPointsMAT(f *testing.F) {
	f.Add(matFile(matNumeric("pred", []int32{6, 3, 23}, pred())))
	f.Add(matFile(matZlib(matNumeric("pred", []int32{6, 3, 23}, pred()))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if k, err := ReadKeyPointsMAT(data, "f.mat"); err == nil && len(k.Frames) < minFrames {
			t.Fatalf("accepted %d frames", len(k.Frames))
		}
	})
}
