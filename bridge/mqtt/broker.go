package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// Broker says where the broker is and what lets us in. Its YAML keys are those
// of a scenario's section mqtt.
type Broker struct {
	// URL is mqtt://HOST[:PORT] or, with TLS, mqtts://HOST[:PORT]; HOST[:PORT]
	// means mqtt. It holds no password: process lists and logs would.
	URL string `yaml:"broker"`
	// CA, Cert and Key are PEM files for mqtts: who the broker must be (the system's
	// authorities without), and who we are.
	CA   string `yaml:"ca_file"`
	Cert string `yaml:"cert_file"`
	Key  string `yaml:"key_file"`
	// User, and the password: a file's first line, or else Password, which comes
	// from the environment.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	Password     string `yaml:"-"`
}

// Check reports the first value that no broker can be reached with. The files
// are read each time that a connection is made; here, once, to find them.
func (b *Broker) Check() error {
	u, err := b.url()
	if err != nil {
		return err
	}
	secure := u.Scheme == "mqtts"
	switch {
	case !secure && (b.CA != "" || b.Cert != "" || b.Key != ""):
		return fmt.Errorf("mqtt: certificates are given, and %s has no TLS: want mqtts://%s", b.URL, u.Hostname())
	case (b.Cert == "") != (b.Key == ""):
		return errors.New("mqtt: want both cert_file and key_file, or neither")
	case b.User == "" && (b.PasswordFile != "" || b.Password != ""):
		return errors.New("mqtt: a password is given, and no user")
	case !secure && b.User != "" && !local(u.Hostname()):
		return fmt.Errorf("mqtt: user %s's password would cross the network in the clear: want mqtts://%s", b.User, u.Hostname())
	}
	if _, err := b.password(); err != nil {
		return err
	}
	_, err = b.tls(u)
	return err
}

// local says that what is sent to a host does not leave this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// url is the broker's address, with its port.
func (b *Broker) url() (*url.URL, error) {
	raw := b.URL
	if !strings.Contains(raw, "://") {
		raw = "mqtt://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "mqtt" && u.Scheme != "mqtts" || u.Path != "" && u.Path != "/" {
		shown := b.URL
		if strings.Contains(shown, "@") {
			shown = "(not shown: it may hold a password)"
		}
		return nil, fmt.Errorf("mqtt: broker %q: want mqtt://HOST[:PORT] or mqtts://HOST[:PORT]", shown)
	}
	if u.User != nil {
		return nil, fmt.Errorf("mqtt: broker %s://%s: user and password do not belong into the address, where others see them: want user and password_file, or WHISKER_MQTT_USER and WHISKER_MQTT_PASSWORD", u.Scheme, u.Host)
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), map[string]string{"mqtt": "1883", "mqtts": "8883"}[u.Scheme])
	}
	return u, nil
}

// password reads what lets the user in, as it is now.
func (b *Broker) password() (string, error) {
	if b.PasswordFile == "" {
		return b.Password, nil
	}
	text, err := os.ReadFile(b.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("mqtt: password_file: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", fmt.Errorf("mqtt: password_file: the first line of %s is empty, want the password", b.PasswordFile)
	}
	return line, nil
}

// tls reads the certificates as they are now; nil without TLS.
func (b *Broker) tls(u *url.URL) (*tls.Config, error) {
	if u.Scheme != "mqtts" {
		return nil, nil
	}
	c := &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	if b.CA != "" {
		pem, err := os.ReadFile(b.CA)
		if err != nil {
			return nil, fmt.Errorf("mqtt: ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mqtt: ca_file: %s holds no certificate in PEM", b.CA)
		}
	}
	if b.Cert != "" {
		pair, err := tls.LoadX509KeyPair(b.Cert, b.Key)
		if err != nil {
			return nil, fmt.Errorf("mqtt: cert_file %s, key_file %s: %w", b.Cert, b.Key, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

var robotName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// CheckRobot says whether a robot may be called so: its name is part of topics,
// of access rules and of file names.
func CheckRobot(name string) error {
	if !robotName.MatchString(name) {
		return fmt.Errorf("mqtt: robot %q: want 1 to 64 letters, digits, _, . or -, and no such sign first", name)
	}
	return nil
}

// Root is what all topics begin with.
const Root = "whisker/v1/"

// topic is one of a robot's.
func topic(robot, word string) string { return Root + robot + "/" + word }
