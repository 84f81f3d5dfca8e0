package mutant

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
)

// function is one that has mutants, as bytes of its file.
type function struct {
	from, name, body, to int    // where it begins, its name does, its body does, and where it ends
	call                 string // passes its own arguments on, with %s for the name
	void                 bool   // it returns nothing
}

// chosen is the variable of a program that says which mutant runs; 0 is none.
const chosen = "whisker_mutant"

// schema is a source with all of its mutants in one build: each function is a
// choice between itself and a copy per mutant (Untch, Offutt and Harrold 1993,
// mutant schemata). Mutants outside of functions are not in it. number says under
// which number each mutant goes, 0 for those to be left out, and origin what line of
// a source names the mutant in a compiler's errors.
func schema(source []byte, fns []function, mutants []Mutant, number []int, origin string) (text []byte, in []int) {
	var b bytes.Buffer
	at := 0
	for _, f := range fns {
		var choice bytes.Buffer
		for i, m := range mutants {
			if number[i] == 0 || m.From < f.body || m.To > f.to {
				continue
			}
			if choice.Len() == 0 {
				b.Write(source[at:f.from])
				b.WriteByte('\n')
			}
			name := fmt.Sprintf("%s_mutant%d", source[f.name:f.nameEnd(source)], number[i])
			fmt.Fprintf(&b, origin, fmt.Sprint("mutant-", number[i]))
			m.From, m.To = m.From-f.body, m.To-f.body
			f.renamed(&b, source, m.Apply(source[f.body:f.to]), name)
			fmt.Fprintf(&choice, "case %d:\n%s", number[i], f.passOn(name))
			in = append(in, number[i])
		}
		if choice.Len() == 0 {
			continue
		}
		original := string(source[f.name:f.nameEnd(source)]) + "_original"
		fmt.Fprintf(&b, origin, "original")
		f.renamed(&b, source, source[f.body:f.to], original)
		fmt.Fprintf(&b, "%s{\nswitch (%s) {\n%sdefault:\n%s}\n}\n", source[f.from:f.body], chosen, choice.Bytes(), f.passOn(original))
		at = f.to
	}
	b.Write(source[at:])
	return b.Bytes(), in
}

// nameEnd is where the function's name ends.
func (f *function) nameEnd(source []byte) int {
	n := f.name
	for isName(source[n]) {
		n++
	}
	return n
}

// renamed writes the function with another name and body.
func (f *function) renamed(b *bytes.Buffer, source, body []byte, name string) {
	b.Write(source[f.from:f.name])
	b.WriteString(name)
	b.Write(source[f.nameEnd(source):f.body])
	b.Write(body)
	b.WriteByte('\n')
}

// passOn is the statement that lets another function do the work.
func (f *function) passOn(name string) string {
	call := fmt.Sprintf(f.call, name)
	if f.void {
		return call + ";\nreturn;\n"
	}
	return "return " + call + ";\n"
}

var numbered = regexp.MustCompile(`mutant-(\d+)`)

// blamed are the numbers of the mutants that a compiler's errors name. Warnings, notes
// and the names of functions around them blame nobody.
func blamed(output []byte) map[int]bool {
	found := map[int]bool{}
	for line := range bytes.Lines(output) {
		m := numbered.FindSubmatch(line)
		if m == nil || bytes.Contains(line, []byte("warning:")) || bytes.Contains(line, []byte("note:")) || bytes.Contains(line, []byte("In function")) {
			continue
		}
		n, _ := strconv.Atoi(string(m[1])) // digits
		found[n] = true
	}
	return found
}
