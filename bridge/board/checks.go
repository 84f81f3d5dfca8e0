package board

import (
	"errors"
	"fmt"
	"math"

	"whisker/bridge/wire"
)

// agree compares what the firmware was built with against the profile.
func (r *Robot) agree(w *wire.Welcome, info *wire.Info) error {
	p := r.o.Profile
	uid := fmt.Sprintf("%x", w.UID)
	switch {
	case w.Robot.String() != p.Name:
		return fmt.Errorf("board: the firmware is for robot %q, the profile for %q", w.Robot.String(), p.Name)
	case p.Device.Serial != "" && p.Device.Serial != uid:
		return fmt.Errorf("board: this is robot %s, profile %s is for %s (device.serial)", uid, p.Name, p.Device.Serial)
	case int(info.Joints) != len(p.Joints):
		return fmt.Errorf("board: the firmware has %d joints, profile %s has %d", info.Joints, p.Name, len(p.Joints))
	case float64(info.StateHz) < p.RateHz:
		return fmt.Errorf("board: the firmware sends %d states/s, profile %s wants rate_hz %g", info.StateHz, p.Name, p.RateHz)
	}
	if err := fits("states", wire.TypeState, float64(info.StateHz), r.baud); err != nil {
		return err
	}
	return r.limitsAgree(info)
}

// limitsAgree wants the same limits on both sides, within what the wire resolves.
func (r *Robot) limitsAgree(info *wire.Info) error {
	p := r.o.Profile
	type pair struct {
		name       string
		ours, wire float64
	}
	var all []pair
	for i := range p.Joints {
		j, m, l := &p.Joints[i], p.Motors[p.Joints[i].Motor], &info.Joint[i]
		all = append(all, pair{j.Name + " min_rad", j.Min, l.Min}, pair{j.Name + " max_rad", j.Max, l.Max},
			pair{j.Name + " max_speed_rad_s", m.MaxSpeed, l.Vel}, pair{j.Name + " torque_nm", m.Torque, l.Torque},
			pair{j.Name + " kp_nm_rad", m.Kp, l.Kp}, pair{j.Name + " kd_nm_s_rad", m.Kd, l.Kd})
	}
	all = append(all, pair{"limits.min_voltage_v", p.Limits.MinVoltage, info.MinVoltage},
		pair{"limits.max_voltage_v", p.Limits.MaxVoltage, info.MaxVoltage}, pair{"limits.temperature_c", p.Limits.Temperature, info.MaxTemp})
	var errs []error
	for _, x := range all {
		if !(math.Abs(x.ours-x.wire) <= 1./64) { // the coarsest scale is that of kp
			errs = append(errs, fmt.Errorf("board: %s is %g in profile %s and %g in the firmware: build and flash the firmware for this profile", x.name, x.ours, p.Name, x.wire))
		}
	}
	return errors.Join(errs...)
}

// Ready says why the robot, as it was last heard of, would get no torque. Connect
// comes before it.
func (r *Robot) Ready() error {
	s := r.newest()
	return errors.Join(unlatched(&s), r.ready(&s))
}

// stopGives is how far a joint that rests on its stop may read past it, rad.
const stopGives = 0.03

// ready looks at the robot itself before it gets torque.
func (r *Robot) ready(s *wire.State) error {
	l := &r.body.Limits
	for i := range r.body.Joints {
		j, at := &r.body.Joints[i], &s.Joint[i]
		switch {
		case !(at.Pos >= j.Min-stopGives && at.Pos <= j.Max+stopGives):
			return fmt.Errorf("board: %s is at %.3f rad, outside of %g to %g: move it by hand, or calibrate", j.Name, at.Pos, j.Min, j.Max)
		case l.MaxTemperature > 0 && !(at.Temp <= l.MaxTemperature):
			return fmt.Errorf("board: the motor of %s has %.0f °C, want at most %g", j.Name, at.Temp, l.MaxTemperature)
		}
	}
	if l.MinVoltage > 0 && !(s.Voltage >= l.MinVoltage) || l.MaxVoltage > 0 && !(s.Voltage <= l.MaxVoltage) {
		return fmt.Errorf("board: the battery has %.1f V, want %g to %g", s.Voltage, l.MinVoltage, l.MaxVoltage)
	}
	return nil
}

// calibrated wants a calibration, and the one that was made for this robot.
func (r *Robot) calibrated(w *wire.Welcome, info *wire.Info) error {
	if info.Calibration == 0 {
		return fmt.Errorf("board: robot %x has no calibration: run `whisker calibrate --robot PROFILE@serial:DEV`", w.UID)
	}
	if r.o.Calibration == "" {
		return nil
	}
	c, err := ReadCalibration(r.o.Calibration)
	if err != nil {
		return err
	}
	if uid := fmt.Sprintf("%x", w.UID); c.UID != uid {
		return fmt.Errorf("board: %s is the calibration of robot %s, this is %s", r.o.Calibration, c.UID, uid)
	}
	if m := c.message(); m.ID != info.Calibration {
		return fmt.Errorf("board: %s is calibration %08x, the robot holds %08x: calibrate again, or write the file to the robot", r.o.Calibration, m.ID, info.Calibration)
	}
	return nil
}
