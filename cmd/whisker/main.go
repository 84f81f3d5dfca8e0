// Whisker plays an animal's movement on a machine: it runs the trained
// inverse-dynamics policy of a virtual rat in a fixed-rate loop, on the body in
// MuJoCo or on a robot. This package is wiring only.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

// Exit statuses.
const (
	exitDone  = 0
	exitFault = 1
	exitUsage = 2
)

// cli is the whole command line.
type cli struct {
	Run      runCmd      `cmd:"" help:"Play clips through a policy on a robot, real or simulated."`
	Replay   replayCmd   `cmd:"" help:"Feed a recording's states through the real code again and compare the commands."`
	Record   recordCmd   `cmd:"" help:"Mend or list recordings."`
	Clip     clipCmd     `cmd:"" help:"Look into, fit, convert, draw and synthesise clips."`
	Policy   policyCmd   `cmd:"" help:"Look into, check and export policy files."`
	Train    trainCmd    `cmd:"" help:"Train a policy on synthesised clips."`
	Evaluate evaluateCmd `cmd:"" help:"Score a policy on clips, with the open-loop baseline beside it."`
	Hil      hilCmd      `cmd:"" help:"Ask whether what works in simulation works on the robot."`
	Agent    agentCmds   `cmd:"" help:"Stand between a host and a robot, and stop the robot when the host falls silent."`
	Fleet    fleetCmd    `cmd:"" help:"List the robots of an MQTT broker, and stop one or all."`
	Calib    calibCmd    `cmd:"" name:"calibrate" help:"Find a robot's signs and offsets, a joint at a time while the space bar is held."`
	Ports    portsCmd    `cmd:"" help:"List the serial devices that are there."`
	Wire     wireCmd     `cmd:"" help:"Translate frames of the serial line."`
	Doctor   doctorCmd   `cmd:"" help:"Say what this machine can do."`

	Version kong.VersionFlag `help:"Print the revision that this program was built from."`
}

// usageError is an error of what was asked for, not of the run: exit status 2.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// usage marks an error as one of the command line or its files.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// env is what every command is handed.
type env struct {
	ctx context.Context
	out io.Writer
	log zerolog.Logger
}

// line is one line of a terminal: who speaks, once, and what is wrong.
func line(err error) string {
	return "whisker: " + strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", "; "), "whisker: ")
}

// console logs for people: in colour on a terminal only.
func console(w io.Writer) zerolog.Logger {
	f, ok := w.(*os.File)
	tty := ok && isatty.IsTerminal(f.Fd())
	return zerolog.New(zerolog.ConsoleWriter{Out: w, NoColor: !tty, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its exits made visible to tests.
func run(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	status, exited := exitDone, false
	var c cli
	parser, err := kong.New(&c,
		kong.Name("whisker"),
		kong.Description("An animal's movement on a machine: a trained inverse-dynamics policy in a fixed-rate control loop."),
		kong.UsageOnError(), kong.Writers(out, errs),
		kong.Exit(func(s int) { status, exited = s, true }),
		kong.Vars{"version": version()}, kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		panic(err)
	}
	k, err := parser.Parse(args)
	if exited { // --help
		return status
	}
	if err != nil {
		fmt.Fprintln(errs, line(err))
		return exitUsage
	}
	e := &env{ctx: ctx, out: out, log: console(errs)}
	if err := k.Run(e); err != nil {
		fmt.Fprintln(errs, line(err))
		var u usageError
		if errors.As(err, &u) {
			return exitUsage
		}
		return exitFault
	}
	return exitDone
}
