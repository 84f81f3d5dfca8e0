package moteus

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTextBothWays(t *testing.T) {
	for text, want := range map[string]string{
		"OK":                         `{"kind":"ok"}`,
		"ERR":                        `{"kind":"err"}`,
		"010000":                     `{"kind":"payload","subframes":[{"op":"write","resolution":"int8","register":0,"names":["mode"],"values":[0]}]}`,
		"0d200000c07f":               `{"kind":"payload","subframes":[{"op":"write","resolution":"float","register":32,"names":["command_position"],"values":[null]}]}`,
		"0d200000807f":               `{"kind":"payload","subframes":[{"op":"write","resolution":"float","register":32,"names":["command_position"],"values":["inf"]}]}`,
		"05200080":                   `{"kind":"payload","subframes":[{"op":"write","resolution":"int16","register":32,"names":["command_position"],"values":[null]}]}`,
		"120150":                     `{"kind":"payload","subframes":[{"op":"read","resolution":"int8","register":1,"names":["position","velocity"],"count":2},{"op":"nop","register":0,"count":1}]}`,
		"can send 8001 01000A b *1E": `{"kind":"send","from":0,"to":1,"reply":true,"flags":"b","brs":false,"checksum":true,"subframes":[{"op":"write","resolution":"int8","register":0,"names":["mode"],"values":[10]}]}`,
		"can send 8001 01000A bF":    `{"kind":"send","from":0,"to":1,"reply":true,"flags":"bF","brs":false,"fd":true,"subframes":[{"op":"write","resolution":"int8","register":0,"names":["mode"],"values":[10]}]}`,
		"can ext 128001 01000A":      `{"kind":"send_ext","prefix":18,"from":0,"to":1,"reply":true,"subframes":[{"op":"write","resolution":"int8","register":0,"names":["mode"],"values":[10]}]}`,
		"rcv 00000100 210000 E B F r t1234 f02": `{"kind":"rcv","from":1,"to":0,"id_digits":8,"flags":"E B F r t1234 f02","brs":true,"fd":true,` +
			`"subframes":[{"op":"reply","resolution":"int8","register":0,"names":["mode"],"values":[0]}]}`,
		"22090203":         `{"kind":"payload","subframes":[{"op":"reply","resolution":"int8","register":9,"names":["","motor_temperature"],"values":[2,3]}]}`,
		"178103":           `{"kind":"payload","subframes":[{"op":"read","resolution":"int16","register":385,"count":3}]}`,
		"ERR checksum *B8": `{"kind":"err","checksum":true,"text":"checksum"}`,
		// What could be written otherwise comes back as it was written.
		"can send 8001 01000a b *A8": `{"kind":"send","from":0,"to":1,"reply":true,"flags":"b","brs":false,"checksum":true,` +
			`"subframes":[{"op":"write","resolution":"int8","register":0,"names":["mode"],"values":[10]}],"written":"can send 8001 01000a b *A8"}`,
		"can send 8001 01000A0D2000000000": `{"kind":"send","from":0,"to":1,"reply":true,"subframes":[{"op":"write","resolution":"int8","register":0,"names":["mode"],"values":[10]},` +
			`{"op":"write","resolution":"float","register":32,"names":["command_position"],"values":[0]}],"written":"can send 8001 01000A0D2000000000"}`,
		"0d200000c0ff":         `{"kind":"payload","subframes":[{"op":"write","resolution":"float","register":32,"names":["command_position"],"values":[null]}],"written":"0d200000c0ff"}`,
		"00010a05":             `{"kind":"payload","subframes":[{"op":"write","resolution":"int8","register":10,"names":["motor_temperature"],"values":[5]}],"written":"00010a05"}`,
		"can status":           `{"kind":"command","text":"can status"}`,
		"conf get can.bitrate": `{"kind":"command","text":"conf get can.bitrate"}`,
	} {
		objects, err := DecodeText(text)
		if err != nil || len(objects) != 1 || string(objects[0]) != want {
			t.Errorf("%s: %s, %v: want %s", text, bytes.Join(objects, []byte("; ")), err, want)
			continue
		}
		if again, err := EncodeText(objects[0]); err != nil || again != text {
			t.Errorf("%s encodes to %s, %v: want %s", objects[0], again, err, text)
		}
	}
	objects, err := DecodeText("1100110F -> 210000210F00")
	if err != nil || len(objects) != 2 {
		t.Errorf("a question and its answer: %s, %v: want both", bytes.Join(objects, []byte("; ")), err)
	}
	objects, err = DecodeText("010000\nwhat\nOK")
	if err == nil || len(objects) != 3 || !strings.Contains(string(objects[1]), `"error":"moteus: bad line`) {
		t.Errorf("a bad line among good ones: %s, %v: want it told in its place", bytes.Join(objects, []byte("; ")), err)
	}
	for text, want := range map[string]string{"can send 8001 01000A b *1F": "checksum", "60": "unknown subframe", "what": "bad line",
		"can send 8001 01000A b *1f": "over the line: 1E", "01000a0e20": "cut off, at byte 3: 0e20", "can send 8001 01000a 60": "flags", "rcv 100 01000a60": "at byte 3: 60", "0100a": "5 hex digits of a payload"} {
		if _, err := DecodeText(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want an error about %s", text, err, want)
		}
	}
	for object, want := range map[string]string{
		`{"kind":"song"}`: "want send",
		`{"kind":"send"}`: "want from, 0 to 127",
		`{"kind":"send","from":0,"to":1,"flags":"b","brs":true}`:             "do not agree",
		`{"kind":"payload","subframes":[{"op":"jump"}]}`:                     "op",
		`{"kind":"payload","subframes":[{"op":"read","resolution":"int9"}]}`: "resolution",
		`{"kind":"ok","written":"ERR"}`:                                      "says something else",
		`{"kind":"payload","subframes":[{"op":"write","resolution":"float","register":32,"values":[0]}],"written":"0d200000c0ff"}`: "says something else",
		`{"kind":"payload","subframes":[{"op":"stream_write","register":1,"data_hex":"x"}]}`:                                       "hex",
	} {
		if _, err := EncodeText([]byte(object)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want an error about %s", object, err, want)
		}
	}
}

// Whatever decodes comes back byte by byte.
func TestAnyPayloadBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := hex.EncodeToString(rapid.SliceOfN(rapid.Byte(), 1, 16).Draw(t, "payload"))
		objects, err := DecodeText(payload)
		if err != nil {
			return
		}
		if again, err := EncodeText(objects[0]); err != nil || again != payload {
			t.Fatalf("%s encodes to %s, %v: want %s", objects[0], again, err, payload)
		}
	})
}
