package report

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// Gates are the bounds that items are judged by; gates.yaml says where each is from.
type Gates struct {
	FloorFactor  float64 `yaml:"floor_factor" json:"floor_factor"`
	RMSE         float64 `yaml:"joint_rmse_rad" json:"joint_rmse_rad"`
	WorstRMSE    float64 `yaml:"joint_rmse_worst_rad" json:"joint_rmse_worst_rad"`
	MAE          float64 `yaml:"joint_mae_rad" json:"joint_mae_rad"`
	Torque       float64 `yaml:"torque_rmse_of_rms" json:"torque_rmse_of_rms"`
	TorqueSlope  float64 `yaml:"torque_slope_error" json:"torque_slope_error"`
	CV           float64 `yaml:"parameter_cv" json:"parameter_cv"`
	Lag          float64 `yaml:"lag_periods" json:"lag_periods"`
	Gain         float64 `yaml:"gain_db" json:"gain_db"`
	Phase        float64 `yaml:"phase_deg" json:"phase_deg"`
	Distribution float64 `yaml:"distribution_p" json:"distribution_p"`
	Predictivity float64 `yaml:"predictivity" json:"predictivity"`
	Outcomes     float64 `yaml:"outcomes_differ" json:"outcomes_differ"`
	Coverage     float64 `yaml:"coverage" json:"coverage"`
	Period       float64 `yaml:"period_p99" json:"period_p99"`
	Missed       float64 `yaml:"missed_share" json:"missed_share"`
	HeldOut      float64 `yaml:"held_out_rules" json:"held_out_rules"`
}

//go:embed gates.yaml
var gatesYAML []byte

// DefaultGates are those that ship.
func DefaultGates() *Gates {
	g := &Gates{}
	if err := g.parse("gates.yaml", gatesYAML); err != nil {
		panic(err) // embedded above
	}
	return g
}

// ReadGates reads a YAML file over the defaults.
func ReadGates(file string) (*Gates, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("report: gates: %w", err)
	}
	g := DefaultGates()
	return g, g.parse(file, text)
}

func (g *Gates) parse(file string, text []byte) error {
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(g); err != nil {
		var y yaml.Error
		if errors.As(err, &y) && y.GetToken() != nil {
			return fmt.Errorf("report: %s:%d: %s", file, y.GetToken().Position.Line, y.GetMessage())
		}
		s, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
		return fmt.Errorf("report: %s: %s", file, s)
	}
	v := reflect.ValueOf(*g)
	for i := range v.NumField() {
		x, key := v.Field(i).Float(), v.Type().Field(i).Tag.Get("yaml")
		if !(x >= 0) || math.IsInf(x, 0) {
			return fmt.Errorf("report: %s:%d: %s is %g, expected a number of 0 or more", file, lineOf(text, key), key, x)
		}
	}
	return nil
}

// lineOf is the line of a top-level key.
func lineOf(text []byte, key string) int {
	for i, l := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(l, key+":") {
			return i + 1
		}
	}
	return 1
}
