package record

import (
	"math"
	"strconv"
	"time"

	"whisker/controller"
)

// jsonText appends JSON. Field names carry their comma, so that a schema's keys
// can be read off the calls.
type jsonText []byte

// float appends the shortest decimal that reads back as the same bits; JSON
// has no NaN and no infinities, they become strings.
func (j jsonText) float(v float64, bits int) jsonText {
	switch {
	case v != v:
		return append(j, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(j, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(j, `"-Infinity"`...)
	}
	return strconv.AppendFloat(j, v, 'g', -1, bits)
}

func (j jsonText) floats(key string, v []float64) jsonText {
	j = append(append(j, key...), '[')
	for i, x := range v {
		if i > 0 {
			j = append(j, ',')
		}
		j = j.float(x, 64)
	}
	return append(j, ']')
}

func (j jsonText) number(key string, v float64) jsonText { return append(j, key...).float(v, 64) }

func (j jsonText) uint(key string, v uint64) jsonText {
	return strconv.AppendUint(append(j, key...), v, 10)
}

func (j jsonText) int(key string, v int64) jsonText {
	return strconv.AppendInt(append(j, key...), v, 10)
}

func (j jsonText) ns(key string, d time.Duration) jsonText { return j.int(key, int64(d)) }

func (j jsonText) root(key string, r *controller.Root) jsonText {
	j = append(j, key...).floats(`{"pos_m":`, r.Pos[:]).floats(`,"quat":`, r.Quat[:])
	return append(j.floats(`,"vel_m_s":`, r.Vel[:]).floats(`,"ang_vel_rad_s":`, r.AngVel[:]), '}')
}

// sample appends the message of one tick.
func (j jsonText) sample(s *controller.Sample) jsonText {
	j = j.uint(`{"tick":`, s.Tick)
	j = append(append(append(j, `,"mode":"`...), s.Mode.String()...), '"')
	j = append(j, `,"state":`...).state(&s.State)
	j = append(j, `,"command":`...).command(&s.Command)
	j = append(j, `,"timing":`...).timing(&s.Timing)
	j = j.int(`,"clamped":`, int64(s.Clamped)).uint(`,"fault":`, uint64(s.Fault))
	if s.Input != (controller.Inputs{}) {
		j = append(j, `,"input":`...).input(&s.Input)
	}
	return append(j, '}')
}

func (j jsonText) input(in *controller.Inputs) jsonText {
	j = j.uint(`{"seq":`, in.Seq).uint(`,"kind":`, uint64(in.Kind))
	j = append(append(append(j, `,"mode":"`...), in.Mode.String()...), '"')
	j = j.int(`,"clip":`, int64(in.Clip)).floats(`,"goal_vel_m_s":`, in.Goal.Vel[:])
	j = j.number(`,"goal_heading_rad":`, in.Goal.Heading).number(`,"goal_turn_rad_s":`, in.Goal.Turn)
	return append(strconv.AppendBool(append(j, `,"goal_by_turn":`...), in.Goal.ByTurn), '}')
}

func (j jsonText) state(s *controller.State) jsonText {
	j = j.uint(`{"seq":`, s.Seq).ns(`,"time_ns":`, s.Time).ns(`,"age_ns":`, s.Age)
	j = j.floats(`,"pos_rad":`, s.Pos).floats(`,"vel_rad_s":`, s.Vel)
	j = j.floats(`,"act_pos_rad":`, s.ActPos).floats(`,"act_vel_rad_s":`, s.ActVel).floats(`,"activation":`, s.Activation)
	j = j.floats(`,"torque_nm":`, s.Torque).floats(`,"current_a":`, s.Current).floats(`,"temperature_c":`, s.Temperature)
	j = j.floats(`,"foot_force_n":`, s.FootForce)
	j = append(j, `,"imu":`...).floats(`{"quat":`, s.IMU.Quat[:]).floats(`,"gyro_rad_s":`, s.IMU.Gyro[:])
	j = append(j.floats(`,"acc_m_s2":`, s.IMU.Acc[:]), '}')
	j = j.root(`,"root":`, &s.Root)
	return append(j.number(`,"voltage_v":`, s.Voltage).uint(`,"faults":`, s.Faults), '}')
}

func (j jsonText) command(c *controller.Command) jsonText {
	j = j.floats(`{"pos_rad":`, c.Pos).floats(`,"vel_rad_s":`, c.Vel).floats(`,"torque_nm":`, c.Torque)
	return append(j.floats(`,"kp_nm_rad":`, c.Kp).floats(`,"kd_nm_s_rad":`, c.Kd), '}')
}

func (j jsonText) timing(t *controller.Timing) jsonText {
	j = j.ns(`{"late_ns":`, t.Late).int(`,"skipped":`, int64(t.Skipped))
	j = j.ns(`,"read_ns":`, t.Read).ns(`,"act_ns":`, t.Act)
	return append(j.ns(`,"guard_ns":`, t.Guard).ns(`,"write_ns":`, t.Write), '}')
}

// truth appends what only a simulator knows of a tick.
func (j jsonText) truth(tick uint64, t *controller.Truth) jsonText {
	j = j.uint(`{"tick":`, tick).root(`,"root":`, &t.Root)
	j = append(j, `,"contacts":[`...)
	for i, c := range t.Contacts {
		if i > 0 {
			j = append(j, ',')
		}
		j = strconv.AppendBool(j, c)
	}
	return append(j.number(`],"assist_n":`, t.Assist), '}')
}

// frames appends poses (7 a frame: position m, quaternion w, x, y, z) as
// Foxglove's FrameTransforms; names are already quoted.
func (j jsonText) frames(names []string, at time.Duration, poses []float32) jsonText {
	j = append(j, `{"transforms":[`...)
	f := func(j jsonText, key string, v float32) jsonText { return append(j, key...).float(float64(v), 32) }
	for i, name := range names {
		p := poses[7*i : 7*i+7]
		if i > 0 {
			j = append(j, ',')
		}
		j = j.stamp(`{"timestamp":`, at)
		j = append(append(j, `,"parent_frame_id":"map","child_frame_id":`...), name...)
		j = f(f(f(j, `,"translation":{"x":`, p[0]), `,"y":`, p[1]), `,"z":`, p[2])
		j = f(f(f(f(j, `},"rotation":{"x":`, p[4]), `,"y":`, p[5]), `,"z":`, p[6]), `,"w":`, p[3])
		j = append(j, "}}"...)
	}
	return append(j, "]}"...)
}

// stamp appends a time as Foxglove has them.
func (j jsonText) stamp(key string, t time.Duration) jsonText {
	j = append(j, key...).int(`{"sec":`, int64(t/time.Second))
	return append(j.int(`,"nsec":`, int64(t%time.Second)), '}')
}

// activations appends the layers of one tick.
func (j jsonText) activations(layers []Layer, names []string, tick uint64, v []float32) jsonText {
	j = append(j.uint(`{"tick":`, tick), `,"layers":{`...)
	for i, l := range layers {
		if i > 0 {
			j = append(j, ',')
		}
		j = append(append(j, names[i]...), ":["...)
		for k, x := range v[:l.Size] {
			if k > 0 {
				j = append(j, ',')
			}
			j = j.float(float64(x), 32)
		}
		j, v = append(j, ']'), v[l.Size:]
	}
	return append(j, "}}"...)
}
