package main

import (
	"os"

	"whisker/bridge/mqtt"
)

// brokerFlags say how a broker lets us in. The password comes from a file or
// from the environment: arguments are seen by everybody on the machine.
type brokerFlags struct {
	MQTTCA           string `name:"mqtt-ca" help:"Certificate authority of the broker (PEM)." placeholder:"FILE"`
	MQTTCert         string `name:"mqtt-cert" help:"Our certificate (PEM)." placeholder:"FILE"`
	MQTTKey          string `name:"mqtt-key" help:"Its key (PEM)." placeholder:"FILE"`
	MQTTUser         string `name:"mqtt-user" help:"User at the broker; the password comes from a file or WHISKER_MQTT_PASSWORD." env:"WHISKER_MQTT_USER" placeholder:"USER"`
	MQTTPasswordFile string `name:"mqtt-password-file" help:"File whose first line is the password." env:"WHISKER_MQTT_PASSWORD_FILE" placeholder:"FILE"`
}

// apply overrides what b says with what was given.
func (f *brokerFlags) apply(b *mqtt.Broker, url string) {
	for _, v := range []struct {
		flag string
		to   *string
	}{
		{url, &b.URL}, {f.MQTTCA, &b.CA}, {f.MQTTCert, &b.Cert}, {f.MQTTKey, &b.Key}, {f.MQTTUser, &b.User},
		{f.MQTTPasswordFile, &b.PasswordFile},
	} {
		if v.flag != "" {
			*v.to = v.flag
		}
	}
	if b.User != "" && b.PasswordFile == "" {
		b.Password = os.Getenv("WHISKER_MQTT_PASSWORD")
	}
}
