package record

import "strings"

// Channels, by their number in the file. Schema ids are the same.
const (
	chanEvent = 1 + iota
	chanSample
	chanTruth
	chanFrames
	chanShapes
	chanActivations
)

// Topics of a recording.
const (
	TopicEvent       = "/event"
	TopicSample      = "/sample"
	TopicTruth       = "/truth"
	TopicFrames      = "/frames"
	TopicShapes      = "/shapes"
	TopicActivations = "/activations"
)

type topic struct {
	channel             uint16
	name, schema, shape string
}

// topics lists what Foxglove needs to show the messages.
func topics() []topic {
	return []topic{
		{chanEvent, TopicEvent, "whisker.Event", object("tick", integer, "kind", text, "text", text)},
		{chanSample, TopicSample, "whisker.Sample", sampleSchema()},
		{chanTruth, TopicTruth, "whisker.Truth", object("tick", integer, "root", rootSchema(), "contacts", list(`{"type":"boolean"}`), "assist_n", number)},
		{chanFrames, TopicFrames, "foxglove.FrameTransforms", object("transforms", list(object("timestamp", stampSchema(),
			"parent_frame_id", text, "child_frame_id", text, "translation", xyz(), "rotation", xyzw())))},
		{chanShapes, TopicShapes, "foxglove.SceneUpdate", sceneSchema()},
		{chanActivations, TopicActivations, "whisker.Activations", object("tick", integer, "layers", `{"type":"object"}`)},
	}
}

const (
	number  = `{"type":"number"}` // "NaN", "Infinity" and "-Infinity" are strings
	integer = `{"type":"integer"}`
	text    = `{"type":"string"}`
)

func list(items string) string { return `{"type":"array","items":` + items + `}` }

// object is the schema of an object; kv alternates keys and their schemas.
func object(kv ...string) string {
	var b strings.Builder
	b.WriteString(`{"type":"object","properties":{`)
	for i := 0; i < len(kv); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + kv[i] + `":` + kv[i+1])
	}
	b.WriteString("}}")
	return b.String()
}

func sampleSchema() string {
	numbers := list(number)
	return object("tick", integer, "mode", text,
		"state", object("seq", integer, "time_ns", integer, "age_ns", integer,
			"pos_rad", numbers, "vel_rad_s", numbers, "act_pos_rad", numbers, "act_vel_rad_s", numbers, "activation", numbers,
			"torque_nm", numbers, "current_a", numbers, "temperature_c", numbers, "foot_force_n", numbers,
			"imu", object("quat", numbers, "gyro_rad_s", numbers, "acc_m_s2", numbers),
			"root", rootSchema(), "voltage_v", number, "faults", integer),
		"command", object("pos_rad", numbers, "vel_rad_s", numbers, "torque_nm", numbers, "kp_nm_rad", numbers, "kd_nm_s_rad", numbers),
		"timing", object("late_ns", integer, "skipped", integer, "read_ns", integer, "act_ns", integer, "guard_ns", integer, "write_ns", integer),
		"clamped", integer, "fault", integer,
		"input", object("seq", integer, "kind", integer, "mode", text, "clip", integer, "goal_vel_m_s", numbers, "goal_heading_rad", number, "goal_turn_rad_s", number, "goal_by_turn", `{"type":"boolean"}`))
}

func rootSchema() string {
	numbers := list(number)
	return object("pos_m", numbers, "quat", numbers, "vel_m_s", numbers, "ang_vel_rad_s", numbers)
}

func stampSchema() string { return object("sec", integer, "nsec", integer) }
func xyz() string         { return object("x", number, "y", number, "z", number) }
func xyzw() string        { return object("x", number, "y", number, "z", number, "w", number) }

// sceneSchema is Foxglove's SceneUpdate, with the primitives that Shape has.
func sceneSchema() string {
	pose, color := object("position", xyz(), "orientation", xyzw()), object("r", number, "g", number, "b", number, "a", number)
	unused := list(`{"type":"object"}`)
	solid := list(object("pose", pose, "size", xyz(), "color", color))
	return object("deletions", list(object("id", text)), "entities", list(object(
		"timestamp", stampSchema(), "frame_id", text, "id", text, "lifetime", stampSchema(), "frame_locked", `{"type":"boolean"}`,
		"cubes", solid, "spheres", solid,
		"cylinders", list(object("pose", pose, "size", xyz(), "bottom_scale", number, "top_scale", number, "color", color)),
		"triangles", list(object("pose", pose, "points", list(xyz()), "color", color, "colors", list(color), "indices", list(integer))),
		"metadata", unused, "arrows", unused, "lines", unused, "texts", unused, "models", unused)))
}
