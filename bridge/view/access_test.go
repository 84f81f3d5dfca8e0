package view_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"testing"

	"whisker/bridge/view"
)

const token = "correct horse battery"

// get asks for a path under a Host and returns the answer.
func get(t *testing.T, c *http.Client, url, host string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	a, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a, string(b)
}

func TestLoopbackAnswersToLoopbackNamesOnly(t *testing.T) {
	s := serve(t, newWalker(), nil)
	for host, want := range map[string]int{
		"": 200, "localhost:8765": 200, "127.0.0.1": 200, "[::1]:8765": 200,
		"rebound.example": 403, "rebound.example:8765": 403, "192.168.1.2:8765": 403, "localhost.evil.example": 403,
	} {
		if a, _ := get(t, http.DefaultClient, s.URL(), host); a.StatusCode != want {
			t.Errorf("Host %q: status %d: want %d", host, a.StatusCode, want)
		}
	}
}

func TestTokenOnceInTheURLThenACookie(t *testing.T) {
	s := serve(t, newWalker(), func(o *view.Options) { o.Addr, o.Token = "0.0.0.0:0", token })
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL(), "http://"), ":")
	base := "http://127.0.0.1:" + strings.SplitN(port, "/", 2)[0] + "/"
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar}
	for path, want := range map[string]int{"": 401, "view.js": 401, "scene.json": 401, "stream": 401, "?token=": 401, "?token=wrong": 401, "?token=" + token[:10]: 401} {
		if a, _ := get(t, c, base+strings.ReplaceAll(path, " ", "+"), ""); a.StatusCode != want {
			t.Errorf("/%s without the token: status %d: want %d", path, a.StatusCode, want)
		}
	}
	a, page := get(t, c, base+"?token="+strings.ReplaceAll(token, " ", "+"), "")
	if a.StatusCode != 200 || !strings.Contains(page, "Whisker") || a.Request.URL.RawQuery != "" {
		t.Errorf("with the token: status %d at %s: want the page, and the token gone from the URL", a.StatusCode, a.Request.URL)
	}
	if a, _ := get(t, c, base+"scene.json", ""); a.StatusCode != 200 {
		t.Errorf("with the cookie: status %d: want 200", a.StatusCode)
	}
	for _, k := range jar.Cookies(a.Request.URL) {
		if strings.Contains(k.Value, "horse") {
			t.Error("the cookie holds the token itself")
		}
	}
	forged := &http.Cookie{Name: "whisker_view", Value: strings.Repeat("0", 64)}
	jar.SetCookies(a.Request.URL, []*http.Cookie{forged})
	if a, _ := get(t, c, base+"scene.json", ""); a.StatusCode != 401 {
		t.Errorf("with a forged cookie: status %d: want 401", a.StatusCode)
	}
}

func TestTokenIsInTheURLThatIsPrinted(t *testing.T) {
	s := serve(t, newWalker(), func(o *view.Options) { o.Token = token })
	if a, page := get(t, &http.Client{Jar: func() http.CookieJar { j, _ := cookiejar.New(nil); return j }()}, s.URL(), ""); a.StatusCode != 200 || !strings.Contains(page, "STOP") {
		t.Errorf("the URL %s gives status %d: want the page", s.URL(), a.StatusCode)
	}
}

// The policy lets the page's own files run, its import map, and nothing else.
func TestPolicyAllowsNothingFromElsewhere(t *testing.T) {
	s := serve(t, newWalker(), nil)
	a, page := get(t, http.DefaultClient, s.URL(), "")
	csp := a.Header.Get("Content-Security-Policy")
	inline := regexp.MustCompile(`(?s)<script[^>]*>(.+?)</script>`).FindAllStringSubmatch(page, -1)
	if len(inline) != 1 {
		t.Fatalf("the page has %d inline scripts: want the import map only", len(inline))
	}
	sum := sha256.Sum256([]byte(inline[0][1]))
	want := "script-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"
	if !strings.Contains(csp, want) || !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q: want %q, default none, nothing unsafe", csp, want)
	}
	if regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(page) {
		t.Error("the page loads something from elsewhere")
	}
}
