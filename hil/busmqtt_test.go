package hil

import (
	"context"
	"testing"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/bridge/mqtt"
	devices "whisker/bridge/simulated"
)

// A robot of Dynamixel servos is lent over a broker by an agent, and stands under a loop
// elsewhere; it has no torque when the loop has given it back.
func TestServosStandOverABroker(t *testing.T) {
	bus := devices.NewDynamixels(1020, 12)
	line := openBench(t, bus, 1000000)
	file, lie := busProfile(t, "  {bus: dynamixel, baud: 1000000, model: 1020, fast_read: true}")
	for i, s := range bus.Servos {
		legs(&s.Shaft, lie[i])
	}
	plant := newDogPlant(t, file)
	line.Do(func() { bus.Plant = plant })
	broker, err := mqtt.NewEmbedded("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group errgroup.Group
	group.Go(func() error { return broker.Run(ctx) })
	lent, give := context.WithCancel(context.Background())
	lending := make(chan error, 1)
	go func() {
		lending <- Lend(lent, Lending{
			Robot: file + "@serial:" + line.Path, RateHz: 50, Realtime: "preferred", Version: "test",
			MQTT: MQTT{Robot: "dog", Broker: mqtt.Broker{URL: broker.URL()}},
		}, zerolog.New(zerolog.NewTestWriter(t)))
	}()
	s := onBus(file, "")
	s.Robot, s.MQTT.AllowanceMs = file+"@mqtt:"+broker.URL()+"/dog", 900
	torque := func() (on bool) {
		line.Do(func() {
			for _, servo := range bus.Servos {
				on = on || servo.Torque()
			}
		})
		return on
	}
	if torque() {
		t.Error("lent, and not yet driven, the servos have torque")
	}
	stands(t, s, torque)
	give()
	if err := <-lending; err != nil {
		t.Error(err)
	}
	line.Close()
	plant.check(t)
	cancel()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
