package imu

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors that the firmware's filter reads")

const vectors = "../../firmware/test/testdata/imu.txt"

// sway writes a body that swings, turns and is pushed, as a chip that is mounted
// askew measures it, and what the filter makes of it.
func sway(b *bytes.Buffer, mounting [4]float64, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 4))
	f := New(mounting)
	fmt.Fprintf(b, "mounting %.9g %.9g %.9g %.9g\n", mounting[0], mounting[1], mounting[2], mounting[3])
	for i := range 300 {
		t := float64(i) * 0.002
		gyro := [3]float64{3 * math.Sin(5*t), 2 * math.Cos(3*t), 1 + 0.1*r.NormFloat64()}
		acc := turn(f.mounting, [3]float64{math.Sin(7 * t), r.NormFloat64(), 9.81})
		if i%50 > 45 {
			acc[0] += 20 // a push
		}
		for k := range 3 { // what both sides read
			gyro[k], acc[k] = float64(float32(gyro[k])), float64(float32(acc[k]))
		}
		f.Update(gyro, acc, 0.002)
		fmt.Fprintf(b, "0.002 %.9g %.9g %.9g %.9g %.9g %.9g %.9g %.9g %.9g %.9g\n",
			gyro[0], gyro[1], gyro[2], acc[0], acc[1], acc[2], f.Quat[0], f.Quat[1], f.Quat[2], f.Quat[3])
	}
}

func TestFirmwareHasTheSameFilter(t *testing.T) {
	if *update {
		var b bytes.Buffer
		b.WriteString("# Samples (dt s, gyro rad/s, acc m/s²) and the orientation after each (w x y z), from bridge/imu.\n")
		sway(&b, [4]float64{1, 0, 0, 0}, 1)
		sway(&b, unit([4]float64{0.5, -0.5, 0.5, 0.5}), 2)
		if err := os.WriteFile(vectors, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(vectors)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f, n := New([4]float64{1}), 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var m, q [4]float64
		var gyro, acc [3]float64
		var dt float64
		if k, _ := fmt.Sscanf(lines.Text(), "mounting %g %g %g %g", &m[0], &m[1], &m[2], &m[3]); k == 4 {
			f = New(m)
			continue
		}
		if k, _ := fmt.Sscan(lines.Text(), &dt, &gyro[0], &gyro[1], &gyro[2], &acc[0], &acc[1], &acc[2], &q[0], &q[1], &q[2], &q[3]); k != 11 {
			continue
		}
		n++
		f.Update(gyro, acc, dt)
		for i := range q {
			if math.Abs(f.Quat[i]-q[i]) > 1e-7 {
				t.Fatalf("sample %d: %v, want %v", n, f.Quat, q)
			}
		}
	}
	if n != 600 {
		t.Errorf("%s has %d samples, want 600", vectors, n)
	}
}

func TestTiltFollowsGravity(t *testing.T) {
	f := New([4]float64{1})
	roll := math.Pi / 6
	f.Update([3]float64{}, [3]float64{0, gravity * math.Sin(roll), gravity * math.Cos(roll)}, 0.002)
	if got := math.Acos(up(f.Quat)[2]); math.Abs(got-roll) > 1e-9 {
		t.Errorf("the first sample sets a tilt of %v rad, want %v", got, roll)
	}
	for range 30000 {
		f.Update([3]float64{}, [3]float64{0, 0, gravity}, 0.002)
	}
	if got := up(f.Quat)[2]; got < 1-1e-6 {
		t.Errorf("upright is %v after a minute, want 1", got)
	}
}

func TestRateIsIntegrated(t *testing.T) {
	f := New([4]float64{1})
	for range 1000 {
		f.Update([3]float64{0, 0, 2}, [3]float64{0, 0, gravity}, 0.002)
	}
	want := [4]float64{math.Cos(2), 0, 0, math.Sin(2)} // 4 rad of yaw
	for i := range want {
		if math.Abs(f.Quat[i]-want[i]) > 1e-9 {
			t.Errorf("%v, want %v", f.Quat, want)
			break
		}
	}
}

func TestNoNumberChangesNothing(t *testing.T) {
	f := New([4]float64{1})
	f.Update([3]float64{}, [3]float64{0, 0, gravity}, 0.002)
	was := f
	if f.Update([3]float64{math.NaN()}, [3]float64{0, 0, gravity}, 0.002) || f.Update([3]float64{}, [3]float64{math.Inf(1)}, 0.002) || f != was {
		t.Errorf("%+v, want %+v", f, was)
	}
}

func TestUpdateAllocatesNothing(t *testing.T) {
	f := New([4]float64{1})
	if n := testing.AllocsPerRun(100, func() { f.Update([3]float64{1}, [3]float64{0, 0, gravity}, 0.002) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleFilter() {
	chipUpsideDown := [4]float64{0, 1, 0, 0}
	f := New(chipUpsideDown)
	f.Update([3]float64{}, [3]float64{0, 0, -9.81}, 0.002)
	fmt.Printf("%.0f %.2f\n", f.Quat, f.Acc[2])
	// Output: [1 0 0 0] 9.81
}
