package mqtttest

import (
	"net"
	"testing"
	"time"
)

func TestBrokerComesAndGoes(t *testing.T) {
	b := Start(t)
	reached := func() bool {
		c, err := net.Dial("tcp", b.Addr())
		if err == nil {
			c.Close()
		}
		return err == nil
	}
	if !reached() {
		t.Error("it runs and is not reached")
	}
	if b.Kill(); reached() {
		t.Error("it was killed and is reached")
	}
	b.Run()
	b.Pause()
	c, err := net.Dial("tcp", b.Addr()) // the kernel's answer
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a")); err != nil { // CONNECT
		t.Fatal(err)
	}
	answer := make([]byte, 4)
	c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := c.Read(answer); err == nil {
		t.Error("a paused broker answers")
	}
	b.Resume()
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Read(answer); err != nil || answer[0] != 0x20 {
		t.Errorf("after the pause it answers % x, %v: want CONNACK", answer, err)
	}
}

func TestPortIsOneTestsOwn(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		p := Port(t)
		if seen[p] || p >= 32768 {
			t.Errorf("port %d was given twice, or is one for connections", p)
		}
		seen[p] = true
	}
}
