package mutant

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const cFunctionsSource = `static int table[] = {1, 2};
static void reset(void) { table[0] = 3; }
int sum(const int *x, int sizes[2], unsigned n)
{
	return n > 1 ? x[0] : sizes[1];
}
const char *name(int a) { return a == 1 ? "one" : ""; }
int calls(int (*f)(int)) { return f(4); }
`

func TestFunctionsOfC(t *testing.T) {
	fns, err := cFunctions([]byte(cFunctionsSource))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fns {
		got = append(got, fmt.Sprint(cFunctionsSource[f.from:f.body], fmt.Sprintf(f.call, "go"), f.void, cFunctionsSource[f.to-1:f.to]))
	}
	want := []string{
		"static void reset(void) go()true}",
		"int sum(const int *x, int sizes[2], unsigned n)\ngo(x, sizes, n)false}",
		"const char *name(int a) go(a)false}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestFunctionsOfGo(t *testing.T) {
	const source = `package p

func (g *t) check(a, b int, c ...string) (int, error) { return a, nil }

func plain() { println(1) }

func (t) unnamed(a int) {}

func blank(_ int) {}

func generic[T any](x T) {}
`
	fns, err := goFunctions([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fns {
		got = append(got, fmt.Sprint(source[f.from:f.body], fmt.Sprintf(f.call, "go"), f.void, source[f.to-1:f.to]))
	}
	want := []string{"func (g *t) check(a, b int, c ...string) (int, error) g.go(a, b, c...)false}", "func plain() go()true}"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// Each mutant of a function is in the build once, where its number chooses it; what
// does not compile is left out of the next one.
func TestABuildOfAllHasEachMutantOfAFunction(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "f.c"), []byte(cFunctionsSource), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := CSites("f.c", []byte(cFunctionsSource))
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBatch(root, []string{"f.c"}, all, cFunctions, "#line 1 \"%s\"\n")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b.texts()["f.c"])
	for i, m := range all {
		inside := m.Line > 1 && m.Line < 8 && m.Line != 3 // not in the table, among parameters, or in the function that is none of ours
		if n := len(regexp.MustCompile(fmt.Sprintf(`case %d:`, i+1)).FindAllString(text, -1)); b.in[i] != inside || inside != (n == 1) {
			t.Errorf("%v: %d times in the build: %v", m, n, b.in[i])
		}
		if inside && !strings.Contains(text, fmt.Sprintf("#line 1 \"mutant-%d\"\n", i+1)) {
			t.Errorf("%v: the compiler would not name it", m)
		}
	}
	if !strings.Contains(text, "return sum_mutant") || !strings.Contains(text, "return sum_original(x, sizes, n);") || !strings.Contains(text, "reset_original();\nreturn;") {
		t.Errorf("%s", text)
	}
	tries := 0
	err = b.settle(func(texts map[string][]byte) ([]byte, bool, error) {
		tries++
		return []byte("mutant-6: In function 'f':\nmutant-6:1:3: warning: unused\nmutant-5:1:3: error: expected expression\nmutant-7:2:1: note: here\n"), !strings.Contains(string(texts["f.c"]), "case 5:"), nil
	})
	if err != nil || tries != 2 || b.verdict(5) != stillborn || b.verdict(6) != survived || b.verdict(1) != absent {
		t.Errorf("%v after %d tries: %v %v %v", err, tries, b.verdict(5), b.verdict(6), b.verdict(1))
	}
	if err := b.settle(func(map[string][]byte) ([]byte, bool, error) { return []byte("no space left"), false, nil }); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("a build that fails for no mutant: %v", err)
	}
}

// A run that was stopped goes on where it was, and begins anew when what it judged
// has changed.
func TestVerdictsAreKept(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"firmware/safety.c", "firmware/frames.golden", "firmware/test/unit/a_test.c", "firmware/test/testdata/imu.txt",
		"controller/guard.go", "hil/mutant/suite.go", "hil/mutant/schema.go", "go.mod"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(root, "kept")
	m, other := Mutant{File: "firmware/safety.c", From: 3, To: 4, New: "<="}, Mutant{File: "firmware/safety.c", From: 3, To: 4, New: ">="}
	reopened := func() *kept {
		k, err := openKept(path, root)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := reopened()
	if err := k.put(m, killed); err != nil {
		t.Fatal(err)
	}
	if _, err := k.file.WriteString("firmware/safety.c:3-4:>"); err != nil { // killed while it wrote
		t.Fatal(err)
	}
	k.close()
	k = reopened()
	if v, ok := k.get(m); !ok || v != killed {
		t.Errorf("%v, %v", v, ok)
	}
	if _, ok := k.get(other); ok {
		t.Error("half a line is a verdict")
	}
	k.close()
	if err := os.WriteFile(filepath.Join(root, "firmware/safety.c"), []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	k = reopened()
	defer k.close()
	if _, ok := k.get(m); ok {
		t.Error("a verdict on other code is kept")
	}
}
