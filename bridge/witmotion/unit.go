package witmotion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"whisker/bridge/imu"
	"whisker/bridge/serial"
	"whisker/controller"
)

// Unit is one inertial unit. Run reads it.
type Unit struct {
	port  io.ReadCloser
	name  string
	clock func() time.Time

	buf    [512]byte
	n      int
	filter imu.Filter // of Run
	acc    [3]float64 // the newest that no rate followed yet
	fresh  bool
	last   time.Time

	mu     sync.Mutex
	latest controller.IMU
	at     time.Time // when it came; zero before the first
	count  int
	err    error
}

// Open opens a unit's line. Mounting is the unit quaternion that turns the unit's
// frame into the body's.
func Open(device string, baud int, mounting [4]float64) (*Unit, error) {
	p, err := serial.Open(device, serial.Options{Baud: baud, ReadTimeout: 50 * time.Millisecond})
	if err != nil {
		return nil, fmt.Errorf("witmotion: %w", err)
	}
	return newUnit(p, device, mounting), nil
}

func newUnit(p io.ReadCloser, name string, mounting [4]float64) *Unit {
	return &Unit{port: p, name: name, clock: time.Now, filter: imu.New(mounting)}
}

// Run reads until ctx is done, or the line is gone: then Latest says so.
func (u *Unit) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		k, err := u.port.Read(u.buf[u.n:])
		if err != nil && !errors.Is(err, serial.ErrTimeout) {
			u.mu.Lock()
			u.err = fmt.Errorf("witmotion: %s: %w", u.name, err)
			u.mu.Unlock()
			<-ctx.Done() // the loop ends the run, when it next asks
			return nil
		}
		u.take(u.n + k)
	}
	return nil
}

// take obeys the frames of buf[:n] and keeps what is left.
func (u *Unit) take(n int) {
	at := 0
	for at < n {
		f, k, err := Next(u.buf[at:n])
		if k == 0 {
			break
		}
		if at += k; err == nil {
			u.frame(&f)
		}
	}
	u.n = copy(u.buf[:], u.buf[at:n])
}

// frame takes an acceleration, or a rate, which completes a sample.
func (u *Unit) frame(f *Frame) {
	switch {
	case f.Kind == Acceleration:
		u.acc, u.fresh = f.vector(accUnit), true
		return
	case f.Kind != Rate || !u.fresh:
		return
	}
	now, dt := u.clock(), 0.0
	if !u.last.IsZero() {
		dt = min(now.Sub(u.last).Seconds(), longest)
	}
	u.last, u.fresh = now, false
	u.filter.Update(f.vector(rateUnit), u.acc, dt)
	u.mu.Lock()
	u.latest = controller.IMU{Quat: u.filter.Quat, Gyro: u.filter.Gyro, Acc: u.filter.Acc}
	u.at = now
	u.count++
	u.mu.Unlock()
}

// longest is the most that one rate is taken to hold for, s.
const longest = 0.1

// Latest is the newest sample in the body's frame, and when it came. Its error is
// why there is none.
func (u *Unit) Latest() (controller.IMU, time.Time, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil && u.at.IsZero() {
		return u.latest, u.at, fmt.Errorf("witmotion: %s has sent nothing: want a unit that sends accelerations and rates", u.name)
	}
	return u.latest, u.at, u.err
}

// Ready waits, while Run runs, until samples come as often as wanted, Hz.
func (u *Unit) Ready(ctx context.Context, rate float64) error {
	const look, looks = 400 * time.Millisecond, 3 // a host that paused is no slow unit
	var got float64
	for range looks {
		begin := u.samples()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
		if _, _, err := u.Latest(); err != nil {
			return err
		}
		// Bytes come in bursts, so that one burst is forgiven.
		if got = float64(u.samples()-begin) / look.Seconds(); got >= 0.8*rate {
			return nil
		}
	}
	return fmt.Errorf("witmotion: %s sends %.0f samples a second: want %.0f at least, set its return rate and its baud rate", u.name, got, rate)
}

func (u *Unit) samples() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.count
}

// Close closes the line, which ends Run's wait.
func (u *Unit) Close() error { return u.port.Close() }
