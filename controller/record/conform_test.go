package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
)

// seen is what testdata/read.py tells of a topic.
type seen struct {
	Schema, Encoding, Messages, Digest string
	Keys                               []string
	Count                              uint64
}

// foreign is what testdata/read.py tells of a file.
type foreign struct {
	Header            string
	Indexed, Streamed map[string]seen
	Statistics        map[string]uint64
	Chunks            int
	Attachments       map[string]string
	Metadata          map[string]map[string]string
}

// readForeign reads a file with the mcap package of PyPI.
func readForeign(t *testing.T, path string) foreign {
	t.Helper()
	python, err := filepath.Abs("../../.deps/venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/read.py", path)
	out, err := cmd.Output()
	if err != nil {
		var stderr []byte
		if e, ok := err.(*exec.ExitError); ok {
			stderr = e.Stderr
		}
		t.Fatalf("%s testdata/read.py: %v\n%s\n`make .deps/venv/.ok` makes the interpreter with mcap and zstandard", python, err, stderr)
	}
	var f foreign
	if err := json.Unmarshal(out, &f); err != nil {
		t.Fatalf("testdata/read.py: %v in %s", err, out)
	}
	return f
}

// agree fails unless the foreign reader sees in path what Reader does.
func agree(t *testing.T, path string) foreign {
	t.Helper()
	f := readForeign(t, path)
	counts, digests := map[string]uint64{}, map[string]hash.Hash{}
	r := open(t, path)
	for {
		m, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if digests[m.Topic] == nil {
			digests[m.Topic] = sha256.New()
		}
		counts[m.Topic]++
		fmt.Fprintf(digests[m.Topic], "%d %d %d %s", m.Seq, m.Log, m.Robot, m.JSON)
	}
	if !reflect.DeepEqual(f.Statistics, counts) {
		t.Errorf("statistics %v, want %v", f.Statistics, counts)
	}
	for name, got := range map[string]map[string]seen{"index": f.Indexed, "stream": f.Streamed} {
		if len(got) != len(counts) {
			t.Errorf("by %s: %d topics, want %d", name, len(got), len(counts))
		}
		for topic, s := range got {
			if s.Count != counts[topic] || s.Digest != hex.EncodeToString(digests[topic].Sum(nil)) {
				t.Errorf("by %s: %s has %d messages (want %d) or other contents", name, topic, s.Count, counts[topic])
			}
			if s.Encoding != "jsonschema" || s.Messages != "json" {
				t.Errorf("by %s: %s is encoded as %s, %s", name, topic, s.Encoding, s.Messages)
			}
		}
	}
	return f
}

func TestAnotherReaderAgrees(t *testing.T) {
	h := testHeader()
	path := record(t, h, ticks(&h, 1000))
	f := agree(t, path)
	if f.Header != "whisker 1" || f.Chunks < 2 {
		t.Errorf("header %q, %d chunks", f.Header, f.Chunks)
	}
	if s := f.Indexed[TopicFrames]; s.Schema != "foxglove.FrameTransforms" || s.Count != 1000 {
		t.Errorf("%s: %+v", TopicFrames, s)
	}
	if s := f.Indexed[TopicShapes]; s.Schema != "foxglove.SceneUpdate" || s.Count != 1 {
		t.Errorf("%s: %+v", TopicShapes, s)
	}
	sum := sha256.Sum256(h.Scenario)
	if f.Attachments[attachScenario] != hex.EncodeToString(sum[:]) || len(f.Attachments) != 3 {
		t.Errorf("attachments %v", f.Attachments)
	}
	m := f.Metadata[metaRun]
	if m["kernel"] != "avx2" || m["mujoco"] != "3.9" || m["seed_latent"] != "18446744073709551615" || m["body_sha256"] != h.Body.Hash() {
		t.Errorf("metadata %v", m)
	}
	if e := f.Metadata[metaEnd]; e["ticks"] != "1000" || e["dropped"] != "0" {
		t.Errorf("metadata %v", e)
	}
}
