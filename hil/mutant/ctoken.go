package mutant

import (
	"fmt"
	"strings"
)

// ctoken is a token of C. Comments and preprocessor lines are none.
type ctoken struct {
	kind     byte // 'a' a name, '0' a number, '"' a string or character, else an operator
	from, to int
	text     string
}

// operators of more than one character, the longest first (C11 6.4.6).
var operators = []string{"<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="}

func isName(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// tokens of a C source.
func tokens(src string) (out []ctoken, err error) {
	fresh := true // nothing but space since the line began
	for i := 0; i < len(src); {
		n := 0
		switch c := src[i]; {
		case c == '\n':
			fresh, i = true, i+1
			continue
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case strings.HasPrefix(src[i:], "//"):
			i += lineEnd(src[i:])
			continue
		case strings.HasPrefix(src[i:], "/*"):
			end := strings.Index(src[i:], "*/")
			if end < 0 {
				return nil, fmt.Errorf("mutant: a comment at byte %d does not end", i)
			}
			i += end + 2
			continue
		case c == '#' && fresh:
			i += directiveEnd(src[i:])
			continue
		case c == '"' || c == '\'':
			if n, err = literalEnd(src[i:], i); err != nil {
				return nil, err
			}
			out = append(out, ctoken{'"', i, i + n, src[i : i+n]})
		case c >= '0' && c <= '9' || c == '.' && i+1 < len(src) && src[i+1] >= '0' && src[i+1] <= '9':
			n = numberEnd(src[i:])
			out = append(out, ctoken{'0', i, i + n, src[i : i+n]})
		case isName(c):
			for n = 1; i+n < len(src) && isName(src[i+n]); n++ {
			}
			out = append(out, ctoken{'a', i, i + n, src[i : i+n]})
		default:
			n = 1
			for _, op := range operators {
				if strings.HasPrefix(src[i:], op) {
					n = len(op)
					break
				}
			}
			out = append(out, ctoken{src[i], i, i + n, src[i : i+n]})
		}
		fresh, i = false, i+n
	}
	return out, nil
}

func lineEnd(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}

// directiveEnd follows lines that end in a backslash.
func directiveEnd(s string) int {
	n := lineEnd(s)
	for n > 0 && n < len(s) && s[n-1] == '\\' {
		n += 1 + lineEnd(s[n+1:])
	}
	return n
}

func literalEnd(s string, at int) (int, error) {
	for i := 1; i < len(s) && s[i] != '\n'; i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("mutant: a literal at byte %d does not end", at)
}

// numberEnd takes the sign of an exponent along (C11 6.4.8).
func numberEnd(s string) int {
	i := 1
	hex := strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X")
	for i < len(s) && (isName(s[i]) || s[i] == '.' || (s[i] == '+' || s[i] == '-') && !hex && (s[i-1] == 'e' || s[i-1] == 'E')) {
		i++
	}
	return i
}
