package main

import (
	"fmt"
	"text/tabwriter"

	"whisker/bridge/serial"
)

// portsCmd lists the serial devices that are there.
type portsCmd struct {
	JSON string `name:"json" help:"Write the list as JSON to a file, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *portsCmd) Run(e *env) error {
	devices, err := serial.Devices()
	if err != nil {
		return err
	}
	if c.JSON != "" {
		return writeJSON(c.JSON, e.out, devices)
	}
	if len(devices) == 0 {
		_, err := fmt.Fprintln(e.out, "no serial devices; a pty is not listed, and may be named by its path")
		return err
	}
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DEVICE\tUSB\tSERIAL NUMBER\tPRODUCT")
	for _, d := range devices {
		usb := ""
		if d.USB {
			usb = d.VID + ":" + d.PID
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", d.Path, usb, d.Serial, d.Product)
	}
	return t.Flush()
}
