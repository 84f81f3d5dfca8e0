package train

import (
	"math"
	"testing"
)

// Worked by hand with gamma 0.5 and lambda 0.5 (product 0.25):
//
//	t=3  delta = 4 + .5*2 - 1 = 4                    adv 4
//	t=2  ends by time: delta = 1 + .5*6 - 2 = 2      adv 2 (nothing from t=3)
//	t=1  delta = 2 + .5*2 - 1 = 2                    adv 2 + .25*2 = 2.5
//	t=0  fails: delta = 1 - 3 = -2                   adv -2
func TestAdvantagesByHand(t *testing.T) {
	reward := []float32{1, 2, 1, 4}
	value := []float32{3, 1, 2, 1}
	next := []float32{9, 2, 6, 2}
	failed := []bool{true, false, false, false}
	ended := []bool{true, false, true, false}
	adv, ret := make([]float32, 4), make([]float32, 4)
	advantages(adv, ret, reward, value, next, failed, ended, 0.5, 0.5)
	for i, want := range []float32{-2, 2.5, 2, 4} {
		if math.Abs(float64(adv[i]-want)) > 1e-6 || math.Abs(float64(ret[i]-want-value[i])) > 1e-6 {
			t.Errorf("step %d: advantage %g and return %g, want %g and %g", i, adv[i], ret[i], want, want+value[i])
		}
	}
}
