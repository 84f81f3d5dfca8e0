package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Verdict of an item.
type Verdict string

// Verdicts. Unknown says that the recordings do not hold what the item needs.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
)

// Number is a figure of a report; one that is not known is null in JSON.
type Number float64

// MarshalJSON writes null for what is no number.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', 6, 64), nil
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// String prints it with four digits, a dash when it is not known.
func (n Number) String() string {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	return fmt.Sprintf("%.4g", float64(n))
}

var missing = Number(math.NaN())

// Item is one of the fourteen figures of a report.
type Item struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Value  Number `json:"value"`
	// Gate is the bound that counted: that of the gates file, or the floor's where
	// that is larger. AtLeast says that Value must not be below it.
	Gate    Number `json:"gate"`
	AtLeast bool   `json:"at_least,omitempty"`
	// Floor is the same figure between the second recording and its repetitions.
	Floor   Number  `json:"repeatability_floor"`
	Verdict Verdict `json:"verdict"`
	Note    string  `json:"note"` // in words, with what else was measured
	// Joints is the figure joint by joint, where there is such.
	Joints []Number `json:"per_joint,omitempty"`
	// Rows are further figures.
	Rows []Row `json:"rows,omitempty"`
}

// Row is one further figure of an item.
type Row struct {
	Name  string   `json:"name"`
	Value []Number `json:"value"`
	Text  string   `json:"text,omitempty"`
}

// judge gives an item its verdict, by the gate or the floor.
func (it *Item) judge(gate, factor float64) {
	it.Gate = Number(gate)
	floor := float64(it.Floor)
	switch {
	case !it.AtLeast && factor*floor > gate:
		it.Gate = Number(factor * floor)
	case it.AtLeast && floor/factor < gate:
		it.Gate = Number(floor / factor)
	}
	switch {
	case math.IsNaN(float64(it.Value)):
		it.Verdict = Unknown
	case it.AtLeast == (it.Value >= it.Gate) || it.Value == it.Gate:
		it.Verdict = Pass
	default:
		it.Verdict = Fail
	}
}
