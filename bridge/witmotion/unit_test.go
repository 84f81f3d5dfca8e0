package witmotion

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"whisker/bridge/serial"
)

// The manual's order of bytes: an acceleration of 1 g on z, and what belongs to it.
func TestFrame(t *testing.T) {
	frame := []byte{0x55, 0x51, 0, 0, 0, 0, 0x00, 0x08, 0x34, 0x12, 0xF4}
	f, n, err := Next(frame)
	if err != nil || n != size || f.Kind != Acceleration || f.Values != [4]int16{0, 0, 2048, 0x1234} {
		t.Fatalf("%+v, %d, %v", f, n, err)
	}
	if again := Append(nil, &f); !bytes.Equal(again, frame) {
		t.Errorf("% x: want % x", again, frame)
	}
	if z := f.vector(accUnit)[2]; math.Abs(z-9.80665) > 1e-9 {
		t.Errorf("%v m/s²: want 1 g", z)
	}
	f = Frame{Kind: Rate, Values: [4]int16{16384}}
	if x := f.vector(rateUnit)[0]; math.Abs(x-1000*math.Pi/180) > 1e-9 {
		t.Errorf("%v rad/s: want 1000 °/s", x)
	}
	for i := range 8 * size {
		bad := bytes.Clone(frame)
		bad[i/8] ^= 1 << (i % 8)
		if _, n, err := Next(bad); err == nil && n == size {
			t.Errorf("bit %d flipped: it is taken", i)
		}
	}
	if _, n, err := Next(frame[:5]); n != 0 || err != nil {
		t.Errorf("half a frame: %d, %v: want to wait", n, err)
	}
	if _, n, err := Next([]byte{1, 2, 0x55}); n != 2 || !errors.Is(err, ErrNoise) {
		t.Errorf("noise: %d, %v: want two bytes dropped", n, err)
	}
}

// bench is a unit whose line and clock are a test's.
type bench struct {
	*Unit
	now   time.Time
	bytes []byte
	piece int
	err   error // at the end of the bytes
}

func newBench(mounting [4]float64) *bench {
	b := &bench{now: time.Unix(1, 0), piece: 7, err: serial.ErrTimeout}
	b.Unit = newUnit(b, "/dev/imu", mounting)
	b.clock = func() time.Time { return b.now }
	return b
}

func (b *bench) Read(p []byte) (int, error) {
	if len(b.bytes) == 0 {
		return 0, b.err
	}
	n := copy(p, b.bytes[:min(b.piece, len(b.bytes))])
	b.bytes = b.bytes[n:]
	return n, nil
}

func (b *bench) Close() error { return nil }

// feed sends samples, and noise between them, and reads them.
func (b *bench) feed(n int, acc, rate [3]float64, dt time.Duration) {
	for range n {
		b.now = b.now.Add(dt)
		for _, f := range []Frame{frameOf(Acceleration, acc, accUnit), {Kind: 0x53, Values: [4]int16{1, 2, 3, 4}}, frameOf(Rate, rate, rateUnit)} {
			b.bytes = append(Append(b.bytes, &f), 0x55)
		}
		for len(b.bytes) > 0 {
			k, _ := b.Read(b.buf[b.n:])
			b.take(b.n + k)
		}
	}
}

func frameOf(k Kind, v [3]float64, unit float64) Frame {
	f := Frame{Kind: k}
	for i := range v {
		f.Values[i] = int16(math.Round(v[i] / unit))
	}
	return f
}

// A unit that is mounted on its side and turns shows the body's orientation.
func TestOrientation(t *testing.T) {
	s := math.Sqrt(0.5)
	b := newBench([4]float64{s, s, 0, 0}) // a quarter turn about x: its y is the body's z
	b.feed(20, [3]float64{0, 9.81, 0}, [3]float64{}, 5*time.Millisecond)
	got, at, err := b.Latest()
	if err != nil || !at.Equal(b.now) || math.Abs(got.Acc[2]-9.81) > 0.01 || math.Abs(got.Quat[0]-1) > 1e-3 {
		t.Fatalf("%+v at %v, %v: want it level", got, at, err)
	}
	b.feed(200, [3]float64{0, 9.81, 0}, [3]float64{0, math.Pi / 2, 0}, 5*time.Millisecond)
	got, _, _ = b.Latest()
	if yaw := 2 * math.Atan2(got.Quat[3], got.Quat[0]); math.Abs(yaw-math.Pi/2) > 0.02 || math.Abs(got.Gyro[2]-math.Pi/2) > 0.01 {
		t.Errorf("turned by %v at %v rad/s: want a quarter turn in a second", yaw, got.Gyro)
	}
}

func TestSilentAndGone(t *testing.T) {
	b := newBench([4]float64{1})
	if _, _, err := b.Latest(); err == nil || !strings.Contains(err.Error(), "has sent nothing") {
		t.Errorf("%v: want that nothing came", err)
	}
	b.err = io.EOF
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, _, err := b.Latest(); errors.Is(err, io.EOF) && strings.Contains(err.Error(), "/dev/imu") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the unit is gone, and Latest does not say so")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A unit as it comes from the factory is too slow.
func TestReady(t *testing.T) {
	for rate, want := range map[float64]string{10: "", 200: "samples a second: want 200"} {
		b := newBench([4]float64{1})
		b.feed(1, [3]float64{0, 0, 9.81}, [3]float64{}, 0)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { // 50 Hz, more or less
			defer close(done)
			for ctx.Err() == nil {
				time.Sleep(20 * time.Millisecond)
				f, g := frameOf(Acceleration, [3]float64{0, 0, 9.81}, accUnit), Frame{Kind: Rate}
				b.frame(&f)
				b.frame(&g)
			}
		}()
		err := b.Ready(ctx, rate)
		cancel()
		<-done
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v Hz wanted: %v: want %q", rate, err, want)
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte{0x55, 0x51, 0, 0, 0, 0, 0x00, 0x08, 0x34, 0x12, 0xF4})
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			g, n, err := Next(b)
			if n == 0 {
				return
			}
			if err == nil && !bytes.Equal(Append(nil, &g), b[:n]) {
				t.Errorf("% x decodes to %+v", b[:n], g)
			}
			b = b[n:]
		}
	})
}
