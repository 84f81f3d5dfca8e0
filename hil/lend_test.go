package hil

import (
	"context"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"whisker/bridge/mqtt"
)

func TestRobotsThatCannotBeLent(t *testing.T) {
	bus, _ := busProfile(t, "  {bus: dynamixel, baud: 1000000, model: 1020, fast_read: true}")
	for robot, want := range map[string]string{
		"quadruped":                     "to lend it",
		"quadruped@mqtt:lab/dog":        "to lend it",
		"quadruped@serial:/dev/absent":  "/dev/absent",
		bus + "@serial:/dev/absent":     "/dev/absent",
		"no-profile@serial:/dev/absent": "no-profile",
	} {
		err := Lend(context.Background(), Lending{Robot: robot, MQTT: MQTT{Robot: "dog", Broker: mqtt.Broker{URL: "lab"}}, Realtime: "preferred"}, zerolog.Nop())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", robot, err, want)
		}
	}
}
