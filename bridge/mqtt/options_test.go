package mqtt

import (
	"strings"
	"testing"
)

func TestOptionsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Robot: "r"}, `broker ""`},
		{Options{Robot: "r", Broker: Broker{URL: "http://h"}}, "want mqtt://HOST"},
		{Options{Robot: "r", Broker: Broker{URL: "mqtt://h/path"}}, "want mqtt://HOST"},
		{Options{Robot: "r", Broker: Broker{URL: "mqtt://u:swordfish@h"}}, "user and password_file"},
		{Options{Robot: "r", Broker: Broker{URL: "u:swordfish@h:x"}}, "may hold a password"},
		{Options{Robot: "r", Broker: Broker{URL: "h", CA: "x"}}, "want mqtts://h"},
		{Options{Robot: "r", Broker: Broker{URL: "mqtts://h", Cert: "x"}}, "cert_file and key_file"},
		{Options{Robot: "r", Broker: Broker{URL: "mqtts://h", CA: "none.pem"}}, "none.pem"},
		{Options{Robot: "r", Broker: Broker{URL: "mqtts://h", CA: "options_test.go"}}, "no certificate in PEM"},
		{Options{Robot: "r", Broker: Broker{URL: "h", PasswordFile: "x"}}, "no user"},
		{Options{Robot: "r", Broker: Broker{URL: "127.0.0.1", User: "u", PasswordFile: "none"}}, "password_file"},
		{Options{Robot: "r", Broker: Broker{URL: "lab.example", User: "u", Password: "swordfish"}}, "want mqtts://lab.example"},
		{Options{Robot: "r", Broker: Broker{URL: "h"}, Rate: -1}, "rate_hz is -1"},
		{Options{Robot: "r", Broker: Broker{URL: "h"}, Rate: 1e6}, "rate_hz is 1e+06"},
		{Options{Robot: "", Broker: Broker{URL: "h"}}, `robot ""`},
		{Options{Robot: "a/b", Broker: Broker{URL: "h"}}, `robot "a/b"`},
		{Options{Robot: "+", Broker: Broker{URL: "h"}}, `robot "+"`},
		{Options{Robot: strings.Repeat("a", 65), Broker: Broker{URL: "h"}}, "1 to 64"},
	} {
		c.o.Body = legs()
		_, err := New(c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "mqtt: ") || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%+v: %v, want %q", c.o.Broker, err, c.want)
		}
	}
}
