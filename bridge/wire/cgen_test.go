package wire

import (
	"bytes"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

//go:generate go test -run "TestSchemaOfCIsCurrent|TestGoldenFrames" -update

var update = flag.Bool("update", false, "write the files that are generated from the schema")

const firmware = "../../firmware"

func TestSchemaOfCIsCurrent(t *testing.T) {
	for name, want := range map[string]string{"wire_schema.h": cHeader(), "wire_schema.c": cSource()} {
		path := filepath.Join(firmware, name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, []byte(want)) {
			t.Errorf("%s is not what the schema gives: run `go generate ./bridge/wire`", path)
		}
	}
}

const generated = "// Code generated from whisker's bridge/wire; DO NOT EDIT. `go generate ./bridge/wire` writes it.\n"

// cHeader is the schema as constants, enums and structs.
func cHeader() string {
	var b strings.Builder
	b.WriteString(generated + "#ifndef WIRE_SCHEMA_H\n#define WIRE_SCHEMA_H\n\n#include <stdint.h>\n\n")
	for _, d := range []struct {
		name  string
		value any
	}{
		{"VERSION", Version}, {"JOINTS", Joints}, {"HEADER_SIZE", headerSize}, {"CRC_SIZE", crcSize}, {"MAX_FRAME", maxFrame},
		{"MAX_PAYLOAD", MaxPayload}, {"MAX_WIRE", MaxWire}, {"WINDOW", fmt.Sprintf("%du", Window)},
		{"STALE_US", fmt.Sprintf("%du", StaleUs)}, {"SCHEMA", fmt.Sprintf("0x%016xull", SchemaHash())},
	} {
		fmt.Fprintf(&b, "#define WIRE_%s %v\n", d.name, d.value)
	}
	for _, e := range enums {
		fmt.Fprintf(&b, "\nenum wire_%s {\n", e.kind)
		for _, c := range e.codes {
			fmt.Fprintf(&b, "\tWIRE_%s_%s = %d,\n", strings.ToUpper(e.kind), strings.ToUpper(c.name), c.value)
		}
		b.WriteString("};\n")
	}
	fmt.Fprintf(&b, "\n#define WIRE_LIMIT_FIRST %d\n#define WIRE_VERDICTS %d\n", LimitFirst, Verdicts)
	for _, m := range messages() {
		cStruct(&b, m)
	}
	b.WriteString("\n// wire_crc_table is CRC-32C's, reflected, a byte at a time.\nextern const uint32_t wire_crc_table[256];\n")
	b.WriteString("\n// wire_size_of is the payload's length of a type, -1 for an unknown type.\nint wire_size_of(uint8_t type);\n\n#endif\n")
	return b.String()
}

func cType(f *field) string {
	switch {
	case f.shift >= 0:
		return "float"
	case f.wire == "bytes":
		return "uint8_t"
	case f.wire == "text":
		return "char"
	case f.wire == "i8":
		return "int8_t"
	}
	return map[string]string{"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t"}[f.wire]
}

func cStruct(b *strings.Builder, m Message) {
	name, fields := m.Type().String(), fieldsOf(m)
	size := schema().size[m.Type()]
	fmt.Fprintf(b, "\n#define WIRE_%s_SIZE %d\n", strings.ToUpper(name), size)
	if size == 0 {
		return
	}
	fmt.Fprintf(b, "struct wire_%s {\n", name)
	group := ""
	for i := range fields {
		f := &fields[i]
		if f.group != group {
			cGroup(b, group, f.group)
			group = f.group
		}
		indent, count := "\t", ""
		if group != "" {
			indent = "\t\t"
		}
		if f.count > 1 {
			count = fmt.Sprintf("[%d]", f.count)
		}
		fmt.Fprintf(b, "%s%s %s%s;\n", indent, cType(f), f.name, count)
	}
	cGroup(b, group, "")
	fmt.Fprintf(b, "};\nvoid wire_put_%s(uint8_t *payload, const struct wire_%s *m);\nvoid wire_get_%s(struct wire_%s *m, const uint8_t *payload);\n", name, name, name, name)
}

// cGroup ends one group and begins the next.
func cGroup(b *strings.Builder, from, to string) {
	if from != "" {
		fmt.Fprintf(b, "\t} %s[WIRE_JOINTS];\n", from)
	}
	if to != "" {
		b.WriteString("\tstruct {\n")
	}
}

// cSource is the schema as functions.
func cSource() string {
	var b strings.Builder
	b.WriteString(generated + "#include \"wire_schema.h\"\n\n#include <string.h>\n\n#include \"wire.h\" // wire_put16, wire_quantise and their like\n")
	for _, m := range messages() {
		if schema().size[m.Type()] == 0 {
			continue
		}
		name := m.Type().String()
		fmt.Fprintf(&b, "\nvoid wire_put_%s(uint8_t *p, const struct wire_%s *m)\n{\n", name, name)
		cFields(&b, m, cPut)
		fmt.Fprintf(&b, "}\n\nvoid wire_get_%s(struct wire_%s *m, const uint8_t *p)\n{\n", name, name)
		cFields(&b, m, cGet)
		b.WriteString("}\n")
	}
	b.WriteString("\nint wire_size_of(uint8_t type)\n{\n\tswitch (type) {\n")
	for _, m := range messages() {
		up := strings.ToUpper(m.Type().String())
		fmt.Fprintf(&b, "\tcase WIRE_TYPE_%s: return WIRE_%s_SIZE;\n", up, up)
	}
	b.WriteString("\tdefault: return -1;\n\t}\n}\n\nconst uint32_t wire_crc_table[256] = {\n")
	for i, v := range crc32.MakeTable(crc32.Castagnoli) {
		sep := map[bool]string{true: "\t", false: " "}[i%8 == 0]
		end := map[bool]string{true: ",\n", false: ","}[i%8 == 7]
		fmt.Fprintf(&b, "%s0x%08x%s", sep, v, end)
	}
	b.WriteString("};\n")
	return b.String()
}

// cFields writes a statement a field, with a loop around those of the joints.
func cFields(b *strings.Builder, m Message, statement func(f *field, at string) string) {
	fields := fieldsOf(m)
	for i := 0; i < len(fields); i++ {
		f := &fields[i]
		if f.group == "" {
			b.WriteString(cStatement(f, "\t", "m->", statement))
			continue
		}
		fmt.Fprintf(b, "\tfor (int i = 0; i < WIRE_JOINTS; i++) {\n")
		for ; i < len(fields) && fields[i].group == f.group; i++ {
			b.WriteString(cStatement(&fields[i], "\t\t", "m->"+f.group+"[i].", statement))
		}
		b.WriteString("\t}\n")
		i--
	}
	b.WriteString("\t(void)p;\n")
}

func cStatement(f *field, indent, path string, statement func(*field, string) string) string {
	return fmt.Sprintf("%s%s\n%sp += %d;\n", indent, statement(f, path+f.name), indent, f.size()/f.times)
}

// raw gives the bits of a wire type, and the range and "no value" of fixed point.
func rawRange(f *field) (bits, low, high, none int) {
	switch f.wire {
	case "i8":
		return 8, -127, 127, -128
	case "i16":
		return 16, -32767, 32767, -32768
	}
	return 16, 0, 65534, 65535
}

func cPut(f *field, at string) string {
	switch {
	case f.shift >= 0:
		bits, low, high, none := rawRange(f)
		return fmt.Sprintf("wire_put%d(p, (uint%d_t)wire_quantise(%s, %d.0f, %d, %d, %d));", bits, bits, at, 1<<f.shift, low, high, none)
	case f.count > 1:
		return fmt.Sprintf("memcpy(p, %s, %d);", at, f.count)
	case f.wire == "i8":
		return fmt.Sprintf("wire_put8(p, (uint8_t)%s);", at)
	}
	return fmt.Sprintf("wire_put%s(p, %s);", f.wire[1:], at)
}

func cGet(f *field, at string) string {
	switch {
	case f.shift >= 0:
		bits, _, _, none := rawRange(f)
		cast := fmt.Sprintf("(%sint%d_t)", map[bool]string{true: "u", false: ""}[f.wire[0] == 'u'], bits)
		return fmt.Sprintf("%s = wire_value(%swire_get%d(p), %d.0f, %d);", at, cast, bits, 1<<f.shift, none)
	case f.count > 1:
		return fmt.Sprintf("memcpy(%s, p, %d);", at, f.count)
	case f.wire == "i8":
		return fmt.Sprintf("%s = (int8_t)wire_get8(p);", at)
	}
	return fmt.Sprintf("%s = wire_get%s(p);", at, f.wire[1:])
}
