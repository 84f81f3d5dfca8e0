package view

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"regexp"
	"strings"
)

// cookie is the name under which the browser keeps that it knows the token.
const cookie = "whisker_view"

// access lets in who may look. It wraps every handler, the WebSocket's too.
type access struct {
	loopback bool
	token    string
	csp      string
	next     http.Handler
}

func (a *access) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", a.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	switch {
	case a.loopback && !isLoopback(hostname(r.Host)):
		// A name that an attacker's DNS lets point at 127.0.0.1.
		http.Error(w, "view: ask for this page by the address it listens on", http.StatusForbidden)
	case a.token != "" && r.URL.Query().Has("token"):
		a.enter(w, r)
	case a.token != "" && !a.known(r):
		http.Error(w, "view: open the page once with ?token=...", http.StatusUnauthorized)
	default:
		a.next.ServeHTTP(w, r)
	}
}

// enter takes the token out of the URL and leaves a cookie.
func (a *access) enter(w http.ResponseWriter, r *http.Request) {
	if !same(r.URL.Query().Get("token"), a.token) {
		http.Error(w, "view: wrong token", http.StatusUnauthorized)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: proof(a.token), Path: "/",
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *access) known(r *http.Request) bool {
	c, err := r.Cookie(cookie)
	return err == nil && same(c.Value, proof(a.token))
}

// proof is what the cookie holds: made of the token, but not the token.
func proof(token string) string {
	m := hmac.New(sha256.New, []byte(token))
	m.Write([]byte("whisker view"))
	return hex.EncodeToString(m.Sum(nil))
}

// same compares in a time that depends on neither text.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return strings.Trim(host, "[]")
}

var importMap = regexp.MustCompile(`(?s)<script type="importmap">(.*?)</script>`)

// policy is the Content-Security-Policy of the page: its own files, and the one
// inline script that has to be inline, the import map, by its hash.
func policy(page []byte) string {
	script := "'self'"
	if m := importMap.FindSubmatch(page); m != nil {
		sum := sha256.Sum256(m[1])
		script += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + script + "; style-src 'self'; img-src 'self' data:; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
