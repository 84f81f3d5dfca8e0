package mutant

import "strings"

// cFunctions are the functions of a C file whose parameters all have plain names.
func cFunctions(source []byte) ([]function, error) {
	toks, err := tokens(string(source))
	if err != nil {
		return nil, err
	}
	b := &blocks{site: &site{source: source}, toks: toks}
	if err := b.file(); err != nil {
		return nil, err
	}
	var fns []function
	for _, body := range b.bodies {
		if f, ok := cFunction(toks, body[0], body[1]); ok {
			fns = append(fns, f)
		}
	}
	return fns, nil
}

// cFunction is the function whose braces are the tokens open and shut.
func cFunction(toks []ctoken, open, shut int) (f function, ok bool) {
	paren := open - 1 // the closing one, which a body follows
	for paren--; toks[paren].text != "("; paren-- {
		if paren == 0 || toks[paren].text == ")" {
			return f, false // a function among the parameters
		}
	}
	name, head := paren-1, paren-1
	for head > 0 && toks[head-1].text != ";" && toks[head-1].text != "}" {
		head--
	}
	args, ok := cArguments(toks[paren+1 : open-1])
	f = function{
		from: toks[head].from, name: toks[name].from, body: toks[open].from, to: toks[shut].to,
		call: "%s(" + strings.Join(args, ", ") + ")",
	}
	for _, t := range toks[head:name] {
		f.void = f.void || t.text == "void"
		if t.text == "*" {
			f.void = false
			break
		}
	}
	return f, ok
}

// cArguments are the names of parameters.
func cArguments(toks []ctoken) (names []string, ok bool) {
	if len(toks) == 1 && toks[0].text == "void" {
		return nil, true
	}
	name, sized := "", false
	for _, t := range toks {
		switch {
		case t.text == ",":
			names, name, sized = append(names, name), "", false
		case t.text == "[":
			sized = true
		case t.kind == 'a' && !sized:
			name = t.text
		}
	}
	return append(names, name), len(toks) > 0
}
