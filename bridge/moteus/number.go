package moteus

import (
	"encoding/json"
	"math"
	"strconv"
)

// number is a float64 as JSON: null is "no number", and "inf" and "-inf" are those.
type number float64

// MarshalJSON writes a number.
func (n number) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsNaN(v):
		return []byte("null"), nil
	case math.IsInf(v, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-inf"`), nil
	default:
		return strconv.AppendFloat(nil, v, 'g', digits, 64), nil
	}
}

// digits tell all values of 32 bits apart, and leave out what scaling adds.
const digits = 12

// UnmarshalJSON reads a number.
func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*n = number(math.NaN())
		return nil
	case `"inf"`:
		*n = number(math.Inf(1))
		return nil
	case `"-inf"`:
		*n = number(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}
