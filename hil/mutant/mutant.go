package mutant

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Mutant is one change of one source file.
type Mutant struct {
	File     string // under the root of the module
	Line     int    // from 1
	From, To int    // bytes of the file that are replaced
	Old, New string // a statement left out has no New
	Text     string // of the line, without the space around it
	Nth      int    // among the changes of that line
}

// String names the mutant as lists do: where it is and what it changes.
func (m Mutant) String() string {
	was := strings.Join(strings.Fields(m.Old), " ")
	if m.New == "" {
		return fmt.Sprintf("%s:%d: without `%s`", m.File, m.Line, was)
	}
	return fmt.Sprintf("%s:%d: `%s` becomes `%s`", m.File, m.Line, was, m.New)
}

// Apply gives the source with the change in it. Lines keep their numbers.
func (m Mutant) Apply(source []byte) []byte {
	filler := m.New + strings.Repeat("\n", strings.Count(m.Old, "\n"))
	return bytes.Join([][]byte{source[:m.From], source[m.To:]}, []byte(filler))
}

// neighbours are the operators that take the place of each relational one: the
// one beside it, and the opposite.
var neighbours = map[string][]string{
	"<": {"<=", ">="}, "<=": {"<", ">"}, ">": {">=", "<="}, ">=": {">", "<"}, "==": {"!="}, "!=": {"=="},
}

// site collects the mutants of one file.
type site struct {
	file   string
	source []byte
	found  []Mutant
}

func (s *site) add(from, to int, new string) {
	line := 1 + bytes.Count(s.source[:from], []byte("\n"))
	begin := 1 + bytes.LastIndexByte(s.source[:from], '\n')
	end := len(s.source)
	if n := bytes.IndexByte(s.source[from:], '\n'); n >= 0 {
		end = from + n
	}
	nth := 0
	for _, m := range s.found {
		if m.Line == line {
			nth++
		}
	}
	text := strings.Join(strings.Fields(string(s.source[begin:end])), " ")
	s.found = append(s.found, Mutant{s.file, line, from, to, string(s.source[from:to]), new, text, nth})
}

func (s *site) relation(from, to int) {
	for _, n := range neighbours[string(s.source[from:to])] {
		s.add(from, to, n)
	}
}

func (s *site) constant(from, to int) {
	for _, by := range []string{"+", "-"} {
		s.add(from, to, fmt.Sprintf("(%s %s 1)", s.source[from:to], by))
	}
}

// Sample draws n of the mutants, the same for a seed, in their order.
func Sample(all []Mutant, n int, seed uint64) []Mutant {
	if n >= len(all) {
		return all
	}
	keep := make([]bool, len(all))
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(all))[:n] {
		keep[i] = true
	}
	var out []Mutant
	for i, m := range all {
		if keep[i] {
			out = append(out, m)
		}
	}
	return out
}
