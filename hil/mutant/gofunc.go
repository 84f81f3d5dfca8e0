package mutant

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// goFunctions are the functions and methods of a Go file whose receivers and
// parameters all have names.
func goFunctions(source []byte) ([]function, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "", source, 0)
	if err != nil {
		return nil, fmt.Errorf("mutant: %w", err)
	}
	at := func(p token.Pos) int { return set.Position(p).Offset }
	var fns []function
	for _, d := range tree.Decls {
		d, is := d.(*ast.FuncDecl)
		if !is || d.Body == nil || d.Type.TypeParams != nil {
			continue
		}
		if call, ok := goCall(d); ok {
			fns = append(fns, function{
				from: at(d.Pos()), name: at(d.Name.Pos()), body: at(d.Body.Pos()), to: at(d.End()),
				call: call, void: d.Type.Results == nil,
			})
		}
	}
	return fns, nil
}

// goCall passes a function's arguments on.
func goCall(d *ast.FuncDecl) (call string, ok bool) {
	receiver, args := "", []string{}
	if d.Recv != nil {
		if len(d.Recv.List[0].Names) == 0 {
			return "", false
		}
		receiver = d.Recv.List[0].Names[0].Name + "."
	}
	for _, p := range d.Type.Params.List {
		for _, n := range p.Names {
			name := n.Name
			if _, variadic := p.Type.(*ast.Ellipsis); variadic {
				name += "..."
			}
			args = append(args, name)
		}
		if len(p.Names) == 0 {
			return "", false
		}
	}
	call = receiver + "%s(" + strings.Join(args, ", ") + ")"
	return call, !strings.Contains(call, "(_") && !strings.Contains(call, " _") && receiver != "_."
}
