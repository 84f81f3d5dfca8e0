package prove_test

import (
	"fmt"

	"whisker/hil/report/prove"
)

// The rates of four draws, one of each sort.
func ExampleCount() {
	r := prove.Count([]*prove.Draw{
		{Causes: []string{"delay"}, Named: []string{"delay"}},
		{Causes: []string{"delay", "armature"}, Named: []string{"armature"}},
		{},
		{Index: 3, Causes: []string{"saturation"}, Named: []string{"saturation"}},
	})
	fmt.Printf("one cause %.0f %%, two %.0f %%, false claims %.0f %%\n", 100*r.Singles.Share(), 100*r.Pairs.Share(), 100*r.None.Share())
	fmt.Println(r.Met())
	// Output:
	// one cause 100 %, two 0 %, false claims 0 %
	// prove: pairs are named right in 0 %, at least 75 % are wanted
}
