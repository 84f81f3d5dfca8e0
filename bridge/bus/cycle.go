package bus

import (
	"errors"
	"fmt"
	"time"
)

// run turns the bus until stop is closed or it has to give up. Then it takes the
// torque away at once, without waiting for the loop to notice.
func (r *Robot) run(stop <-chan struct{}) {
	beat := time.NewTicker(max(r.opt.Refresh, time.Millisecond))
	defer beat.Stop()
	for misses := 0; ; {
		select {
		case <-stop:
			return
		case <-r.wake:
		case <-beat.C:
		}
		err := r.cycle()
		if err == nil {
			misses = 0
			continue
		}
		misses++
		r.mu.Lock()
		r.missed++
		r.mu.Unlock()
		if misses > r.opt.Misses || Gone(err) || errors.Is(err, ErrDevice) {
			r.fail(err)
			return
		}
	}
}

// cycle sends the newest command, if it is new, and reads the devices.
func (r *Robot) cycle() error {
	r.mu.Lock()
	fresh, age := r.fresh, r.clock().Sub(r.told)
	copy(r.sending, r.targets)
	r.fresh = false
	r.mu.Unlock()
	if age > r.opt.Timeout {
		return fmt.Errorf("bus: the newest command is %v old: want one every %v at least: %w", age.Round(time.Millisecond), r.opt.Timeout, ErrDevice)
	}
	if fresh {
		if err := r.driver.Write(r.sending); err != nil {
			return err
		}
	}
	before := r.clock()
	if err := r.driver.Read(r.readings); err != nil {
		return err
	}
	after := r.clock()
	r.mu.Lock()
	r.store(before.Add(after.Sub(before) / 2))
	r.mu.Unlock()
	return nil
}

// fail ends the run: the torque goes, and Read and Write return why.
func (r *Robot) fail(err error) {
	if rerr := r.driver.Release(); rerr != nil {
		err = errors.Join(err, rerr)
	}
	r.mu.Lock()
	r.err = err
	r.mu.Unlock()
}

// store makes the goroutine's readings the newest; mu is held.
func (r *Robot) store(at time.Time) {
	copy(r.latest, r.readings)
	r.at = at
	r.seq++
}
