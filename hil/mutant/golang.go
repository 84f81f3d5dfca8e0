package mutant

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
)

// GoSites are the mutants of a Go file.
func GoSites(file string, source []byte) ([]Mutant, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, source, 0)
	if err != nil {
		return nil, fmt.Errorf("mutant: %w", err)
	}
	at := func(p token.Pos) int { return set.Position(p).Offset }
	s := &site{file: file, source: source}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field: // no code
			return false
		case *ast.BinaryExpr:
			s.relation(at(n.OpPos), at(n.OpPos)+len(n.Op.String()))
		case *ast.BasicLit:
			if n.Kind == token.INT || n.Kind == token.FLOAT {
				s.constant(at(n.Pos()), at(n.End()))
			}
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				s.add(at(n.Pos()), at(n.End()), "")
			}
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.ReturnStmt, *ast.BranchStmt:
			s.add(at(n.Pos()), at(n.End()), "")
		}
		return true
	})
	return s.found, nil
}
