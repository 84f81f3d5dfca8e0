package sim

import "strings"

// The standing pose was found by a search over symmetric poses with a level
// torso: paws flat on the floor, pelvis 12 mm under the torso (the spine of
// standing rats climbs by about 20 degrees), centre of mass midway between hind
// and fore paws, joints near the middle of their ranges. Held by the servos it
// sags by 3 mm and stays.
const ratStandHeight = 0.0704 // m, torso, at scale 0.9

// ratStand is the standing angle of a joint, rad.
func ratStand(joint string) float64 {
	switch strings.NewReplacer("_L", "", "_R", "").Replace(joint) {
	case "vertebra_1_extend":
		return -0.098
	case "vertebra_4_extend":
		return -0.426
	case "mandible":
		return -0.296
	case "hip_supinate":
		return 0.432
	case "hip_abduct":
		return 0.383
	case "hip_extend":
		return 0.305
	case "knee":
		return -0.121
	case "ankle":
		return 0.171
	case "toe":
		return 0.065
	case "shoulder":
		return 0.645
	case "shoulder_sup":
		return 0.741
	case "elbow":
		return 0.230
	case "wrist":
		return 0.233
	case "finger":
		return 0.344
	}
	return 0
}
