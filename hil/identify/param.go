package identify

import "fmt"

// Param is one number of a joint.
type Param int

// The numbers of a joint. What a profile neither fits nor sets is neutral.
const (
	Armature      Param = iota // inertia about the joint: with a model the rotor's alone, else with the links'
	Viscous                    // friction per speed
	Coulomb                    // friction of a moving joint
	Stribeck                   // friction at rest beyond Coulomb
	StribeckSpeed              // where that has fallen to 1/e
	StopTime                   // time constant in which dry friction stops a joint that it can hold; 0: at once
	StopYield                  // part of an acceleration that it lets pass meanwhile: a joint that it holds creeps
	LoadFriction               // friction per torque that the gear transmits
	LoadStribeck               // and more of that at rest
	Offset                     // of the encoder: measured minus true position
	Gain                       // torque of an impedance servo per torque asked for
	GravitySine                // torque of gravity at the joint: -(GravitySine sin q + GravityCosine cos q)
	GravityCosine
	Coupling1    // torque of gravity per angle that the first joint it is coupled to is told, with the sign of gravity's
	Coupling2    // and the second
	RestOffset   // where the servo rests without load, minus the command
	RestGain     // and how far it goes per command
	CoulombSlope // change of Coulomb friction with position, about Centre
	CoulombCurve // and its change
	Centre       // middle of the range that the logs visit
	Reach        // half of that range
	Delay        // from command to torque, and back to the reading
	Kp           // position gain: N·m/rad of an impedance servo, full voltage per rad of a voltage servo
	Kd           // N·m·s/rad of an impedance servo
	MaxTorque    // that the motor's current is bounded to
	StallTorque  // at full voltage, were the current not bounded
	NoLoadSpeed  // at full voltage
	SupplySag    // resistance of the supply over that of the motor
	numParams    = iota
)

// paramInfo is how a Param is written and searched.
type paramInfo struct {
	key     string
	neutral float64
	log     bool // searched by its logarithm: a scale that may be anywhere
}

var params = [numParams]paramInfo{
	Armature:      {"armature_kg_m2", 0.01, true},
	Viscous:       {"viscous_nm_s_rad", 0, false},
	Coulomb:       {"coulomb_nm", 0, false},
	Stribeck:      {"stribeck_nm", 0, false},
	StribeckSpeed: {"stribeck_speed_rad_s", 0.1, true},
	StopTime:      {"stop_s", 0, false},
	StopYield:     {"stop_yield", 0, false},
	LoadFriction:  {"load_friction", 0, false},
	LoadStribeck:  {"load_stribeck", 0, false},
	Offset:        {"offset_rad", 0, false},
	Gain:          {"gain", 1, false},
	GravitySine:   {"gravity_sine_nm", 0, false},
	GravityCosine: {"gravity_cosine_nm", 0, false},
	Coupling1:     {"coupling_1_nm_rad", 0, false},
	Coupling2:     {"coupling_2_nm_rad", 0, false},
	RestOffset:    {"rest_offset_rad", 0, false},
	RestGain:      {"rest_gain", 1, false},
	CoulombSlope:  {"coulomb_slope_nm_rad", 0, false},
	CoulombCurve:  {"coulomb_curve_nm_rad2", 0, false},
	Centre:        {"centre_rad", 0, false},
	Reach:         {"reach_rad", 0, false},
	Delay:         {"delay_s", 0, false},
	Kp:            {"kp", 0, true},
	Kd:            {"kd_nm_s_rad", 0, false},
	MaxTorque:     {"max_torque_nm", 0, true},
	StallTorque:   {"stall_torque_nm", 0, true},
	SupplySag:     {"supply_sag", 0, false},
	NoLoadSpeed:   {"no_load_speed_rad_s", 0, true},
}

// String is the key in YAML and JSON, with the unit.
func (p Param) String() string { return params[p].key }

// MarshalText writes the key.
func (p Param) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the key.
func (p *Param) UnmarshalText(text []byte) error {
	for i := range params {
		if params[i].key == string(text) {
			*p = Param(i)
			return nil
		}
	}
	return fmt.Errorf("identify: %q is no parameter, want one such as armature_kg_m2, coulomb_nm, delay_s", text)
}

// Values are all numbers of one joint.
type Values [numParams]float64

// bad is a number that no replay can use and what is wanted of it, "" where there is none.
func (v *Values) bad() (k Param, want string) {
	for i, x := range v {
		k = Param(i)
		switch {
		case x-x != 0:
			return k, "a finite number"
		case (k == Armature || k == StribeckSpeed) && x <= 0:
			return k, "more than 0"
		case x < 0 && !k.signed():
			return k, "0 or more"
		}
	}
	return 0, ""
}

// signed says that a number may be below 0, where it is no friction, delay or limit.
func (p Param) signed() bool {
	switch p {
	case Offset, GravitySine, GravityCosine, Coupling1, Coupling2, RestOffset, CoulombSlope, CoulombCurve, Centre:
		return true
	}
	return false
}

// neutral is a joint without friction, gravity, delay or error.
func neutral() Values {
	var v Values
	for i := range params {
		v[i] = params[i].neutral
	}
	return v
}
