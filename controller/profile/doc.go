// Package profile is a robot as data: one YAML file, read by the simulator, by
// the bridge and by the firmware's calibration alike.
//
//	PROFILE.yaml ──► Profile ──► controller.Body   what the loop, the guard and policies know
//	                        ├──► sim               model, motors, friction, delay
//	                        └──► bridge            bus, id, sign, offset, ratio, IMU mounting
//
// A new robot is an MJCF or URDF file and one profile; no Go code. Reading is
// strict: an unknown key, a value out of range, a name that resolves to nothing
// are errors with file and line. Keys carry their units, all SI. Joints are
// listed in the robot's own order, which is that of Body, of clips' joints and of
// a policy's contract; the simulator finds them in the model by name.
package profile
