// Package record writes and reads recordings: MCAP files (https://mcap.dev)
// that Foxglove opens and that a killed process leaves readable.
//
// In flows a Header once (body, scenario, hashes, shapes), then per tick a
// controller.Sample and, where there is one, the simulator's Truth, frame poses
// and activations. Recorder.Put copies them into a ring and returns; Run, in
// its own goroutine, writes them as JSON in zstd chunks of at most half a
// second. Out flow the same values, bit for bit, from a Reader, and through a
// Replay as a controller.Robot, to be put through the real loop again.
//
// Keys carry units (pos_rad, torque_nm). NaN and infinities are the strings
// "NaN", "Infinity" and "-Infinity". Log times are nanoseconds on a clock that
// starts with the robot's and never goes back; publish times are the robot's.
//
//	topic         schema                   per
//	/event        whisker.Event            event: runs, faults, drops
//	/sample       whisker.Sample           tick: state, command, timing
//	/truth        whisker.Truth            tick, where there is a simulator
//	/frames       foxglove.FrameTransforms tick: poses of the body's frames
//	/shapes       foxglove.SceneUpdate     recording: what to draw at the frames
//	/activations  whisker.Activations      tick, when asked for: layers of the network
package record
