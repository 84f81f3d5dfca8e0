package onnx

import "whisker/policy/nn"

// fuse rewrites a graph so that fewer nodes do the same:
//
//	Constant                      -> a constant tensor
//	Mul(x, Sigmoid(x))            -> Swish(x)
//	Add(MatMul(x, W), b)          -> Gemm(x, W, b)
//	activation(Gemm or LayerNorm) -> one node with an activation
//
// A value that something else reads, or that is an output, is kept.
func fuse(g *graph) (map[*node]nn.Activation, error) {
	if err := hoistConstants(g); err != nil {
		return nil, err
	}
	f := fuser{graph: g, reader: map[string]*node{}, uses: map[string]int{}, constant: map[string]*tensor{}, act: map[*node]nn.Activation{}}
	for _, t := range g.tensors {
		f.constant[t.name] = t
	}
	f.count()
	f.each(f.swish)
	f.count()
	f.each(f.bias)
	f.each(f.activation)
	return f.act, nil
}

type fuser struct {
	graph    *graph
	reader   map[string]*node // the last node that reads a value
	uses     map[string]int
	constant map[string]*tensor
	act      map[*node]nn.Activation
}

func (f *fuser) count() {
	clear(f.uses)
	for _, n := range f.graph.nodes {
		for _, in := range n.in {
			f.uses[in]++
			f.reader[in] = n
		}
	}
	for _, p := range f.graph.outputs {
		f.uses[p.name]++
	}
}

// each offers every node to a rule, and removes the nodes whose outputs it took.
func (f *fuser) each(rule func(n *node)) {
	for _, n := range f.graph.nodes {
		if standard(n.domain) && len(n.out) == 1 {
			rule(n)
		}
	}
	kept := f.graph.nodes[:0]
	for _, n := range f.graph.nodes {
		if n.op != "" {
			kept = append(kept, n)
		}
	}
	f.graph.nodes = kept
}

// only is the one node that reads the output of n, if there is just one and it has
// one output.
func (f *fuser) only(n *node) *node {
	if len(n.out) != 1 || f.uses[n.out[0]] != 1 {
		return nil
	}
	next := f.reader[n.out[0]]
	if next == nil || !standard(next.domain) || len(next.out) != 1 {
		return nil
	}
	return next
}

// take lets n give the output of next, which is removed.
func take(n, next *node) {
	n.out = next.out
	next.op, next.in, next.out = "", nil, nil
}

func (f *fuser) swish(n *node) {
	next := f.only(n)
	if n.op != "Sigmoid" || len(n.in) != 1 || next == nil || next.op != "Mul" || len(next.in) != 2 {
		return
	}
	if next.in[0] == n.in[0] || next.in[1] == n.in[0] {
		n.op = "Swish"
		take(n, next)
	}
}

func (f *fuser) bias(n *node) {
	next := f.only(n)
	if n.op != "MatMul" || len(n.in) != 2 || next == nil || next.op != "Add" || len(next.in) != 2 {
		return
	}
	other := next.in[0]
	if other == n.out[0] {
		other = next.in[1]
	}
	w, b := f.constant[n.in[1]], f.constant[other]
	if w == nil || b == nil || len(w.dims) != 2 || len(b.dims) != 1 || b.dims[0] != w.dims[1] || !floats(b.elem) {
		return
	}
	n.in = []string{n.in[0], n.in[1], other}
	take(n, next)
}

func (f *fuser) activation(n *node) {
	if n.op != "Gemm" && n.op != "MatMul" && n.op != "LayerNormalization" {
		return
	}
	if next := f.only(n); next != nil && len(next.in) == 1 && len(next.attrs) == 0 {
		if act, ok := activationOf(next.op); ok {
			f.act[n] = act
			take(n, next)
		}
	}
}

// activationOf is the activation that an operator without attributes is.
func activationOf(op string) (nn.Activation, bool) {
	switch op {
	case "Relu":
		return nn.ReLU, true
	case "Elu":
		return nn.ELU, true
	case "Tanh":
		return nn.Tanh, true
	case "Sigmoid":
		return nn.Sigmoid, true
	case "Swish":
		return nn.SiLU, true
	case "Softplus":
		return nn.Softplus, true
	}
	return nn.Identity, false
}

// hoistConstants turns Constant nodes into tensors, and drops attributes that say
// what is the default anyway.
func hoistConstants(g *graph) error {
	kept := g.nodes[:0]
	for _, n := range g.nodes {
		if n.op == "Constant" && standard(n.domain) && len(n.out) == 1 {
			t, err := constantOf(n)
			if err != nil {
				return err
			}
			g.tensors = append(g.tensors, t)
			continue
		}
		if a := n.attrs; len(a) == 1 && a[0].name == "alpha" && a[0].kind == attrFloat && a[0].f == 1 && (n.op == "Elu" || n.op == "Swish") {
			n.attrs = nil
		}
		kept = append(kept, n)
	}
	g.nodes = kept
	return nil
}
