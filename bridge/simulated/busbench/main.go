// Busbench measures a bus of twelve servos behind a pty: a cycle of SyncWrite and
// SyncRead by dynamixel.Driver against the same by ROBOTIS' own SDK in Python, in
// alternating rounds on the same simulated servos, and what the codecs of all buses
// take and allocate. Out flows a table of µs, medians of the rounds and of their
// ratios; below 1 the driver is faster. With -json they are one object.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/dynamixel"
	"whisker/bridge/serial"
	"whisker/bridge/simulated"
)

type options struct {
	rounds, cycles int
	python         string
	json           bool
}

// result is what is printed.
type result struct {
	Driver float64 `json:"driver_us"` // a cycle
	SDK    float64 `json:"sdk_us"`
	Ratio  float64 `json:"ratio"`
	Codecs []codec `json:"codecs"`
}

// codec is what one exchange with twelve devices takes without a line: its requests
// and answers, made and read.
type codec struct {
	Name   string  `json:"name"`
	Time   float64 `json:"us"`
	Allocs float64 `json:"allocations"`
}

// exchanges is how many are timed.
const exchanges = 5000

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 3, "how many pairs of rounds")
	flag.IntVar(&o.cycles, "cycles", 300, "cycles in a round")
	flag.StringVar(&o.python, "python", ".deps/venv/bin/python", "interpreter that has dynamixel_sdk")
	flag.BoolVar(&o.json, "json", false, "print the medians as JSON in place of the table")
	flag.Parse()
	r, err := measure(o)
	if err == nil {
		err = r.print(o.json)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(o options) (*result, error) {
	line, err := simulated.Open(simulated.NewDynamixels(1020, 12), 1000000)
	if err != nil {
		return nil, err
	}
	defer line.Close()
	var ours, theirs, ratios []float64
	for range o.rounds {
		a, err := driver(line.Path, o.cycles)
		if err != nil {
			return nil, err
		}
		b, err := sdk(o.python, line.Path, o.cycles)
		if err != nil {
			return nil, err
		}
		ours, theirs, ratios = append(ours, a), append(theirs, b), append(ratios, a/b)
	}
	r := &result{Driver: median(ours), SDK: median(theirs), Ratio: median(ratios)}
	for _, c := range codecs() {
		allocs := testing.AllocsPerRun(100, c.exchange)
		begin := time.Now()
		for range exchanges {
			c.exchange()
		}
		r.Codecs = append(r.Codecs, codec{c.name, float64(time.Since(begin).Nanoseconds()) / 1000 / exchanges, allocs})
	}
	return r, nil
}

// driver is the median cycle of ours, µs.
func driver(device string, cycles int) (float64, error) {
	port, err := serial.Open(device, serial.Options{Baud: 1000000, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		return 0, err
	}
	o := dynamixel.Options{Baud: 1000000, Model: 1020, Mode: dynamixel.Position, Slack: time.Second}
	for id := range 12 {
		o.IDs = append(o.IDs, id+1)
	}
	d, err := dynamixel.New(port, o)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	if err := d.Identify(); err != nil {
		return 0, err
	}
	if err := d.Enable(time.Second); err != nil {
		return 0, err
	}
	times, r, w := make([]float64, 0, cycles), make([]bus.Reading, 12), make([]bus.Target, 12)
	for range cycles {
		begin := time.Now()
		if err := d.Write(w); err != nil {
			return 0, err
		}
		if err := d.Read(r); err != nil {
			return 0, err
		}
		times = append(times, float64(time.Since(begin).Nanoseconds())/1000)
	}
	return median(times), d.Release()
}

// sdk is the same of ROBOTIS' SDK.
func sdk(python, device string, cycles int) (float64, error) {
	cmd := exec.Command(python, "-c", script, device, strconv.Itoa(cycles))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("busbench: %s with dynamixel_sdk: %w", python, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// script prints the median cycle in µs.
const script = `
import statistics, sys, time
import dynamixel_sdk as sdk
from dynamixel_sdk import port_handler
port_handler.LATENCY_TIMER = 1000  # ms: how long a missing answer is waited for
port, ph = sdk.PortHandler(sys.argv[1]), sdk.PacketHandler(2.0)
assert port.openPort() and port.setBaudRate(1000000)
read, write = sdk.GroupSyncRead(port, ph, 126, 10), sdk.GroupSyncWrite(port, ph, 116, 4)
for i in range(1, 13):
    assert read.addParam(i) and write.addParam(i, [0, 8, 0, 0])
times = []
for _ in range(int(sys.argv[2])):
    begin = time.perf_counter()
    for i in range(1, 13):
        write.changeParam(i, [0, 8, 0, 0])
    assert write.txPacket() == sdk.COMM_SUCCESS
    assert read.txRxPacket() == sdk.COMM_SUCCESS
    for i in range(1, 13):
        read.getData(i, 126, 2), read.getData(i, 128, 4), read.getData(i, 132, 4)
    times.append(1e6 * (time.perf_counter() - begin))
print(statistics.median(times))
`

func median(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return x[len(x)/2]
}

func (r *result) print(asJSON bool) error {
	if asJSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Printf("12 servos, SyncWrite and SyncRead over a pty: %.0f µs, the SDK %.0f µs, ratio %.2f\n", r.Driver, r.SDK, r.Ratio)
	for _, c := range r.Codecs {
		fmt.Printf("codec %s, 12 devices: %.1f µs, %g allocations\n", c.Name, c.Time, c.Allocs)
	}
	return nil
}
