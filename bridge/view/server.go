package view

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"syscall"
	"time"

	"whisker/bridge/internal/newest"
)

//go:embed assets
var assets embed.FS

const (
	frameEvery = time.Second / 60  // between two packets
	lookEvery  = time.Second / 120 // how often the newest value is looked at
	maxClients = 8
)

// Server serves the page and sends it what Publish leaves.
type Server struct {
	options Options
	scene   []byte
	root    int
	run     string
	ln      net.Listener
	web     http.Handler
	beat    time.Duration // a client that is silent for two of these is dropped

	// Owned by the goroutine that publishes.
	newest     newest.Slot[snapshot]
	status     newest.Slot[Status]
	late, work histogram
	clamped    uint64
	skipped    uint64

	mu      sync.Mutex // guards what follows
	clients map[*client]bool
	packet  []byte // the last that was sent
	told    Status // whose words were sent last
	text    []byte // those words
	ended   bool
	joined  chan struct{}  // told when there is a first client
	serving sync.WaitGroup // a count for each client, added under mu
}

// New checks the options and listens; Run serves. An address in use is found
// here, before anything moves.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	addr, loopback, err := o.address()
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: o, run: rand.Text(), beat: 5 * time.Second,
		clients: map[*client]bool{}, joined: make(chan struct{}, 1),
	}
	if s.scene, err = o.scene(s.run); err != nil {
		return nil, err
	}
	s.root = o.follow()
	s.newest.Init(func(n *snapshot) { *n = newSnapshot(&o) })
	s.status.Init(nil)
	if s.web, err = s.handler(loopback); err != nil {
		return nil, err
	}
	if s.ln, err = net.Listen("tcp", addr); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("view: address %s is in use: stop the program that has it, or choose another port", addr)
		}
		return nil, fmt.Errorf("view: %w", err)
	}
	return s, nil
}

// URL is what to open in the browser, with the token where there is one.
func (s *Server) URL() string {
	host, port, _ := net.SplitHostPort(s.ln.Addr().String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: "/"}
	if s.options.Token != "" {
		u.RawQuery = url.Values{"token": {s.options.Token}}.Encode()
	}
	return u.String()
}

// Run serves until ctx is done, then tells the pages so and joins every
// goroutine it started.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	web := &http.Server{Handler: s.web, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	var group sync.WaitGroup
	group.Go(func() { s.send(ctx) })
	group.Go(func() { <-ctx.Done(); shut(web) })
	err := web.Serve(s.ln)
	cancel()
	group.Wait()
	s.serving.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("view: %w", err)
}

// shut lets answers under way finish; the WebSockets are not among them.
func shut(web *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if web.Shutdown(ctx) != nil {
		web.Close()
	}
}

// handler routes the page, the scene and the stream, behind access.
func (s *Server) handler(loopback bool) (http.Handler, error) {
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	page, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /scene.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(s.scene)
	})
	mux.HandleFunc("GET /stream", s.stream)
	return &access{loopback: loopback && s.options.Token == "", token: s.options.Token, csp: policy(page), next: mux}, nil
}

// send hands the newest value to every client, at most every frameEvery, and
// sleeps while there is none.
func (s *Server) send(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var sent time.Time
	for {
		if s.audience() == 0 {
			select {
			case <-ctx.Done():
			case <-s.joined:
			}
		}
		select {
		case <-ctx.Done():
			s.broadcast()
			s.end()
			return
		case now := <-look.C:
			if now.Sub(sent) > frameEvery-time.Millisecond && s.broadcast() {
				sent = now
			}
		}
	}
}

// broadcast encodes what is new and gives it to every client; it reports
// whether there was anything.
func (s *Server) broadcast() bool {
	snap, moved := s.newest.Read()
	status, told := s.status.Read()
	if !moved && !told {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if moved || s.packet != nil {
		s.packet = appendPacket(s.packet[:0], snap, status, s.root, s.options.Body.Measures.Temperature)
	}
	var text []byte
	if status.Fault != s.told.Fault || status.Note != s.told.Note {
		s.told, s.text = *status, statusLine(status)
		text = s.text
	}
	for c := range s.clients {
		c.offer(s.packet, text)
	}
	return true
}

// statusLine is the part of a Status that is words.
func statusLine(st *Status) []byte {
	b, err := json.Marshal(struct {
		Type  string `json:"type"`
		Fault string `json:"fault"`
		Note  string `json:"note"`
	}{"status", st.Fault, st.Note})
	if err != nil {
		panic("view: a status does not encode: " + err.Error())
	}
	return b
}

func (s *Server) audience() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// end closes the door and lets every client finish.
func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for c := range s.clients {
		c.offer(nil, []byte(`{"type":"end"}`))
		c.finish()
	}
}
