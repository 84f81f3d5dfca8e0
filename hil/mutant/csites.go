package mutant

import (
	"fmt"
	"regexp"
)

// named constants of the firmware; what is called like a function is none.
var named = regexp.MustCompile(`^(SAFETY|WIRE|SERVO|TICK|IMU)_[A-Z0-9_]+$|^(U?INT(8|16|32)_MAX)$`)

// CSites are the mutants of a C file.
func CSites(file string, source []byte) ([]Mutant, error) {
	toks, err := tokens(string(source))
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, file)
	}
	s := &site{file: file, source: source}
	for i, t := range toks {
		called := i+1 < len(toks) && toks[i+1].text == "("
		switch {
		case neighbours[t.text] != nil:
			s.relation(t.from, t.to)
		case t.kind == '0', t.kind == 'a' && named.MatchString(t.text) && !called:
			s.constant(t.from, t.to)
		}
	}
	b := &blocks{site: s, toks: toks}
	return s.found, b.file()
}

// blocks walks functions down to their simple statements.
type blocks struct {
	site   *site
	toks   []ctoken
	i      int
	bodies [][2]int // tokens of each function's braces
}

func (b *blocks) text() string {
	if b.i < len(b.toks) {
		return b.toks[b.i].text
	}
	return ""
}

// file finds function bodies: a brace after a closing parenthesis, outside of all
// others. Other braces are those of data.
func (b *blocks) file() error {
	for b.i = 0; b.i < len(b.toks); {
		switch {
		case b.text() == "{" && b.i > 0 && b.toks[b.i-1].text == ")":
			open := b.i
			if err := b.statement(); err != nil {
				return err
			}
			b.bodies = append(b.bodies, [2]int{open, b.i - 1})
		case b.text() == "{":
			if err := b.pair("{", "}"); err != nil {
				return err
			}
		default:
			b.i++
		}
	}
	return nil
}

// pair skips from an opening bracket behind its closing one.
func (b *blocks) pair(open, shut string) error {
	from := b.i
	for depth := 0; b.i < len(b.toks); b.i++ {
		switch b.text() {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				b.i++
				return nil
			}
		}
	}
	return fmt.Errorf("mutant: %s: a bracket at byte %d does not close", b.site.file, b.toks[from].from)
}

var typeWord = regexp.MustCompile(`^(const|static|struct|enum|union|unsigned|signed|int|char|short|long|float|double|bool|size_t|u?int(8|16|32|64)_t)$`)

// statement walks one, and everything in it.
func (b *blocks) statement() (err error) {
	switch word := b.text(); {
	case word == "{":
		for b.i++; b.text() != "}"; {
			if b.i >= len(b.toks) {
				return fmt.Errorf("mutant: %s: a function does not end", b.site.file)
			}
			if err := b.statement(); err != nil {
				return err
			}
		}
		b.i++
		return nil
	case word == "if" || word == "for" || word == "while" || word == "switch":
		b.i++
		if err := b.pair("(", ")"); err != nil {
			return err
		}
		return b.statement()
	case word == "else" || word == "do":
		b.i++
		return b.statement()
	case word == "case" || word == "default":
		for b.i < len(b.toks) && b.text() != ":" {
			b.i++
		}
		b.i++
		return nil
	}
	return b.simple()
}

// simple leaves a statement out, unless it declares.
func (b *blocks) simple() error {
	declares := typeWord.MatchString(b.text())
	first := b.i
	for b.text() != ";" {
		var err error
		switch {
		case b.i >= len(b.toks):
			return fmt.Errorf("mutant: %s: a statement at byte %d does not end", b.site.file, b.toks[first].from)
		case b.text() == "(":
			err = b.pair("(", ")")
		case b.text() == "{":
			err = b.pair("{", "}")
		default:
			b.i++
		}
		if err != nil {
			return err
		}
	}
	if !declares && b.i > first {
		b.site.add(b.toks[first].from, b.toks[b.i].from, "")
	}
	b.i++
	return nil
}
