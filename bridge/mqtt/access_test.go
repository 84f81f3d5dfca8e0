package mqtt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
	n    int64
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	a.pem, _ = a.sign("authority", time.Hour)
	return a
}

// sign makes a certificate that is good for so long from now, and its key, in PEM.
func (a *authority) sign(name string, good time.Duration) (cert, key []byte) {
	a.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.n++
	c := &x509.Certificate{
		SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(good),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, by := a.cert, a.key
	if parent == nil {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage, c.IPAddresses = true, true, x509.KeyUsageCertSign, nil, nil
		parent, by = c, k
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &k.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.cert == nil {
		if a.cert, err = x509.ParseCertificate(der); err != nil {
			a.t.Fatal(err)
		}
		a.key = k
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// files writes a certificate and its key beside the broker's configuration.
func (a *authority) files(b *mosquitto, name string, good time.Duration) (cert, key string) {
	c, k := a.sign(name, good)
	return b.File(name+".pem", string(c)), b.File(name+".key", string(k))
}

// secure restarts the broker as the example that ships says, with certificates of a.
func (b *mosquitto) secure(a *authority, good time.Duration) Broker {
	b.t.Helper()
	ca := b.File("ca.pem", string(a.pem))
	a.files(b, "broker", good)
	conf, err := os.ReadFile("mosquitto/mosquitto.conf")
	if err != nil {
		b.t.Fatal(err)
	}
	acl, err := os.ReadFile("mosquitto/acl")
	if err != nil {
		b.t.Fatal(err)
	}
	b.File("acl", string(acl))
	text := strings.ReplaceAll(string(conf), "/etc/mosquitto/", b.Dir+"/")
	text = strings.Replace(text, "listener 8883\n", fmt.Sprintf("listener %d 127.0.0.1\nuser root\n", b.Port), 1)
	b.Kill()
	b.File("mosquitto.conf", text)
	b.Run()
	return Broker{URL: fmt.Sprintf("mqtts://127.0.0.1:%d", b.Port), CA: ca}
}

// as is how the bearer of a certificate reaches the broker.
func (a *authority) as(b *mosquitto, at Broker, name string, good time.Duration) Broker {
	at.Cert, at.Key = a.files(b, name, good)
	return at
}

// client is a peer with a certificate, in the broker's eyes of that name.
func (a *authority) client(b *mosquitto, at Broker, name string) paho.Client {
	a.t.Helper()
	u, _ := at.url()
	at = a.as(b, at, name, time.Hour)
	c, err := at.tls(u)
	if err != nil {
		a.t.Fatal(err)
	}
	k := paho.NewClient(paho.NewClientOptions().AddBroker("ssl://" + u.Host).SetTLSConfig(c).SetClientID("peer-" + name))
	if t := k.Connect(); !t.WaitTimeout(time.Minute) || t.Error() != nil {
		a.t.Fatalf("%s: %v", name, t.Error())
	}
	a.t.Cleanup(func() { k.Disconnect(0) })
	return k
}

// hear subscribes. mosquitto grants that to everybody, and then keeps to itself
// what its access list does not let one read.
func hear(t *testing.T, c paho.Client, got chan<- string, topics ...string) {
	t.Helper()
	for _, topic := range topics {
		k := c.Subscribe(topic, 1, func(_ paho.Client, m paho.Message) { got <- m.Topic() + " " + string(m.Payload()) })
		if !k.WaitTimeout(time.Minute) || k.Error() != nil {
			t.Fatal(k.Error())
		}
	}
}

func say(t *testing.T, c paho.Client, topic, text string) {
	t.Helper()
	if k := c.Publish(topic, 1, false, text); !k.WaitTimeout(time.Minute) || k.Error() != nil {
		t.Fatal(k.Error())
	}
}

// until waits for a message with that text and returns all that came up to it.
func until(t *testing.T, got <-chan string, text string) (all string) {
	t.Helper()
	for end := time.After(time.Minute); ; {
		select {
		case m := <-got:
			all += m + "\n"
			if strings.Contains(m, text) {
				return all
			}
		case <-end:
			t.Fatalf("waited a minute in vain for %s; came:\n%s", text, all)
		}
	}
}

func TestMutualTLSWithTheExampleOfAnAccessList(t *testing.T) {
	t.Parallel()
	b, a := newBroker(t), newAuthority(t)
	at := b.secure(a, time.Hour)
	w := &wishes{}
	operator, got := a.client(b, at, "operator"), make(chan string, 1000)
	hear(t, operator, got, "whisker/v1/+/ack", "whisker/v1/+/connection", "whisker/v1/+/setpoint")
	tel, _ := telemetry(t, Options{Broker: a.as(b, at, "dog-1", time.Hour), Robot: "dog-1", Wishes: w})
	tick(t, tel, nil)
	until(t, got, Online)
	say(t, operator, "whisker/v1/dog-1/command", `{"id":"1","kind":"stop"}`)
	until(t, got, `"done"`)
	pilot, piloted := a.client(b, at, "pilot"), make(chan string, 1000)
	hear(t, pilot, piloted, "whisker/v1/+/measured")
	one, two := a.client(b, at, "dog-1"), a.client(b, at, "dog-2")
	say(t, two, "whisker/v1/dog-2/measured", "of two")
	say(t, two, "whisker/v1/dog-1/measured", "of one by two")
	say(t, two, "whisker/v1/dog-1/command", `{"id":"2","kind":"start","expires":`+in(50)+`}`)
	say(t, pilot, "whisker/v1/dog-1/setpoint", "by the pilot")
	say(t, one, "whisker/v1/dog-1/measured", "of one")
	if all := until(t, piloted, "of one"); strings.Count(all, "\n") != 1 {
		t.Errorf("the pilot of dog-1 heard %s", all)
	}
	say(t, operator, "whisker/v1/dog-1/command", `{"id":"3","kind":"stop"}`)
	if all := until(t, got, `"id":"3"`); strings.Contains(all, `"id":"2"`) || strings.Contains(all, "setpoint") {
		t.Errorf("the operator heard %s", all)
	}
	if w.all() != "stop, stop" {
		t.Errorf("the loop heard %q: want nothing of what another robot said", w.all())
	}
}

// MQTT 3.1.1 acknowledges what its access list then drops: that our own word does
// not come back shows it.
func TestForbiddenTopicsAreToldOfOnce(t *testing.T) {
	t.Parallel()
	b, a := newBroker(t), newAuthority(t)
	at := b.secure(a, time.Hour)
	var j journal
	telemetry(t, Options{Broker: a.as(b, at, "dog-1", time.Hour), Robot: "dog-9", Log: j.log()})
	want := filepath.Join(b.Dir, "dog-1.pem") + " says on whisker/v1/dog-9/connection and passes it to nobody"
	eventually(t, want, func() bool { return j.count(want) > 0 })
	b.Kill()
	b.Run() // a second connection is no reason to say it again
	eventually(t, "it is back", func() bool { return j.count("connected with") == 2 })
	time.Sleep(echoTime + time.Second)
	if n := j.count(want); n != 1 {
		t.Errorf("said %d times:\n%s", n, j.String())
	}
}

// Other brokers refuse the subscription.
func TestRefusedSubscriptionIsToldOfOnce(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			c.Read(buf)
			c.Write([]byte{0x20, 2, 0, 0}) // CONNACK, accepted
			c.Read(buf)
			c.Write([]byte{0x90, 3, buf[2], buf[3], refused}) // SUBACK
		}
	}()
	var j journal
	telemetry(t, Options{Broker: Broker{URL: l.Addr().String()}, Log: j.log()})
	want := "access list does not let anonymous clients read whisker/v1/r1/connection"
	eventually(t, want, func() bool { return j.count(want) > 0 })
	time.Sleep(time.Second)
	if n := j.count("trying again"); n != 1 {
		t.Errorf("said %d times:\n%s", n, j.String())
	}
}

func TestCertificatesThatAreRefused(t *testing.T) {
	t.Parallel()
	b, a, other := newBroker(t), newAuthority(t), newAuthority(t)
	at := b.secure(a, time.Hour)
	foreign := at
	foreign.CA = b.File("other.pem", string(other.pem))
	foreign.Cert, foreign.Key = a.files(b, "dog-1", time.Hour)
	for name, c := range map[string]struct {
		broker Broker
		want   string
	}{
		"ours has expired":       {a.as(b, at, "dog-old", -time.Hour), "expired"},
		"we have none":           {at, "certificate required"},
		"not of its autority":    {other.as(b, at, "dog-2", time.Hour), "tls"},
		"theirs is a stranger's": {foreign, "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			var j journal
			telemetry(t, Options{Broker: c.broker, Robot: "dog-1", Log: j.log()})
			eventually(t, c.want, func() bool { return j.count(c.want) > 0 })
			if j.count("connected with") > 0 {
				t.Errorf("it was let in:\n%s", j.String())
			}
		})
	}
	// Without TLS nothing is said to a broker that wants it.
	var j journal
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Robot: "dog-1", Log: j.log()})
	eventually(t, "it hangs up", func() bool { return j.count("trying again") > 0 })
}

func TestExpiredBrokerIsRefused(t *testing.T) {
	t.Parallel()
	b, a := newBroker(t), newAuthority(t)
	at := b.secure(a, -time.Hour)
	var j journal
	telemetry(t, Options{Broker: a.as(b, at, "dog-1", time.Hour), Robot: "dog-1", Log: j.log()})
	eventually(t, "it is refused", func() bool { return j.count("certificate has expired") > 0 })
}

// A certificate that was renewed on disk lets the robot in without a restart.
func TestCertificatesAreReadAgain(t *testing.T) {
	t.Parallel()
	b, a := newBroker(t), newAuthority(t)
	at := a.as(b, b.secure(a, time.Hour), "dog-1", -time.Hour)
	var j journal
	telemetry(t, Options{Broker: at, Robot: "dog-1", Log: j.log()})
	eventually(t, "the old one is refused", func() bool { return j.count("expired") > 0 })
	a.files(b, "dog-1", time.Hour)
	eventually(t, "the new one is taken", func() bool { return j.count("connected with") == 1 })
}

func TestPasswordsComeFromFilesAndStayOutOfLogs(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.Kill()
	users := b.File("users", "dog:swordfish\n")
	if out, err := exec.Command("mosquitto_passwd", "-U", users).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b.Configure("allow_anonymous false", "password_file "+users)
	b.Run()
	file := b.File("password", "hunter2\n")
	var j journal
	telemetry(t, Options{Broker: Broker{URL: b.URL(), User: "dog", PasswordFile: file}, Log: j.log()})
	eventually(t, "it is refused", func() bool { return j.count("user dog") > 0 })
	time.Sleep(time.Second)
	if n := j.count("trying again"); n != 1 {
		t.Errorf("said %d times:\n%s", n, j.String())
	}
	b.File("password", "swordfish\r\nanother line\n")
	eventually(t, "it is let in", func() bool { return j.count("connected with") == 1 })
	telemetry(t, Options{Broker: Broker{URL: b.URL(), User: "dog", Password: "swordfish"}, Robot: "r2", Log: j.log()})
	eventually(t, "it is let in", func() bool { return j.count("connected with") == 2 })
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Robot: "r3", Log: j.log()})
	eventually(t, "anonymous is not", func() bool { return j.count("anonymous clients") > 0 })
	if s := j.String(); strings.Contains(s, "hunter2") || strings.Contains(s, "swordfish") {
		t.Errorf("the log holds a password:\n%s", s)
	}
}
