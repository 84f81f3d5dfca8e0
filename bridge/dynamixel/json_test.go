package dynamixel

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestTextBothWays(t *testing.T) {
	for frame, want := range map[string]string{
		"fffffd0001030001194e":                             `{"id":1,"instruction":"ping"}`,
		"fffffd000108005500a60000008cc0":                   `{"id":1,"instruction":"status","error":0,"error_name":"ok","params_hex":"a6000000","value":166}`,
		"fffffd00fe090082840004000102cefa":                 `{"id":254,"instruction":"sync_read","ranges":[{"id":1,"address":132,"length":4},{"id":2,"address":132,"length":4}]}`,
		"fffffd00fe1100550001d00700000c830002090000001140": `{"id":254,"instruction":"status","ranges":[{"id":1,"data_hex":"d0070000","value":2000,"error":0},{"id":2,"data_hex":"09000000","value":9,"error":0}]}`,
		"fffffd0002040055a0e90f":                           `{"id":2,"instruction":"status","error":160,"error_name":"error 32","alert":true}`,
		"fffffd0001080010014458" + "4c22b1dc":              `{"id":1,"instruction":"clear","params_hex":"0144584c22"}`,
		"fffffd00010400060" + "1a1e6":                      `{"id":1,"instruction":"factory_reset","params_hex":"01"}`,
	} {
		objects, err := DecodeText(frame)
		if err != nil || len(objects) != 1 || string(objects[0]) != want {
			t.Errorf("%s: %s, %v: want %s", frame, bytes.Join(objects, []byte("; ")), err, want)
			continue
		}
		if again, err := EncodeText(objects[0]); err != nil || again != frame {
			t.Errorf("%s encodes to %s, %v: want %s", objects[0], again, err, frame)
		}
	}
}

func TestTextSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"xy":                     "hex",
		"fffffd0001030001194f":   "CRC",
		"fffffd00010300":         "cut off",
		"00fffffd0001030001194e": "header",
	} {
		if _, err := DecodeText(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want an error about %s", text, err, want)
		}
	}
	objects, err := DecodeText("fffffd0001030001194f fffffd0001030001194e 0000")
	if err == nil || len(objects) != 3 || string(objects[1]) != `{"id":1,"instruction":"ping"}` || !strings.Contains(string(objects[0]), `"error":"dynamixel: bad CRC`) {
		t.Errorf("%s, %v: want the good frame between two errors", bytes.Join(objects, []byte("; ")), err)
	}
	for object, want := range map[string]string{
		`{"id":1,"instruction":"status","error":0,"params_hex":"a6000000","value":167}`: "value is 167",
		`{"id":1,"instruction":"dance"}`:                                                "sync_read",
		`{"id":1,"instruct":"ping"}`:                                                    "unknown field",
		`{"id":999,"instruction":"ping"}`:                                               "number 999",
		`{"id":254,"instruction":"sync_read","ranges":[{"id":1,"address":1,"length":2},{"id":2,"address":1,"length":3}]}`: "differs",
		`{"id":255,"instruction":"ping"}`:                                                   "bad id",
		`{"id":1,"instruction":"write","params_hex":"` + strings.Repeat("00", 1015) + `"}`:  "3 (a status 4) to 1017",
		`{"id":1,"instruction":"write","params_hex":"` + strings.Repeat("00", 70000) + `"}`: "3 (a status 4) to 1017",
	} {
		if _, err := EncodeText([]byte(object)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want an error about %s", object, err, want)
		}
	}
}

// A broken length takes no frame that follows with it, every broken frame is told with
// all its bytes, and a bad CRC with the right one.
func TestTextFindsFramesAfterBrokenOnes(t *testing.T) {
	const ping = "fffffd0001030001194e"
	for text, want := range map[string][]string{
		"fffffd000103010119" + "4e" + ping:                        {"cut off", `"ping"`},
		"fffffd0001030001194f" + "fffffd0002030001194e" + ping:    {`fffffd0001030001194f","error":"dynamixel: bad CRC: want CRC-16 0x8005 over the frame: 19 4E"`, `fffffd0002030001194e"`, `"ping"`},
		"0000" + "fffffd0001030001194f" + ping:                    {"bad CRC", `"ping"`},
		ping + "fffffd000103":                                     {`"ping"`, `"fffffd000103"`},
		"fffffd0001090003740000fffffd0201" + "0000" + ping + "ff": {"bad CRC", `"ping"`, `"ff"`},
	} {
		objects, err := DecodeText(text)
		if err == nil || len(objects) != len(want) {
			t.Errorf("%s: %s, %v: want %q", text, bytes.Join(objects, []byte("; ")), err, want)
			continue
		}
		for i, w := range want {
			if !strings.Contains(string(objects[i]), w) {
				t.Errorf("%s: object %d is %s: want %s", text, i, objects[i], w)
			}
		}
	}
}

// The joint answer to a fast read comes apart where its parts end, though data looks
// like a CRC now and then.
func TestTextTakesFastRepliesApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		want := make([]Range, 12)
		for k := range want {
			want[k] = Range{ID: byte(k), Data: make([]byte, 10)}
			for j := range want[k].Data {
				want[k].Data[j] = byte(random.Uint32())
			}
		}
		p := decode(t, AppendFast(nil, want))
		got := p.parts()
		for k := range got {
			got[k].Len = 0
		}
		if !equal(got, want) {
			t.Fatalf("frame %d: %+v: want %+v", i, got, want)
		}
	}
}
