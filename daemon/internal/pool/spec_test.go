package pool

import (
	"slices"
	"testing"
	"time"

	"github.com/loom-core/loom/registry"
)

// The comparison that saves the hash must see whatever the hash covers.
func TestSameSpecIsSameHash(t *testing.T) {
	entry := func() registry.Server {
		return registry.Server{Name: "one", Command: "c", Args: []string{"a"}, Dir: "/d", Env: []registry.EnvVar{{Name: "N", Value: "v"}}, Share: registry.ShareGlobal, Concurrency: 4}
	}
	sameProcess := []string{"nothing", "timeout", "description", "max result", "drain"}
	p, _ := newPool(t)
	first := p.Instance(entry(), Sharing{})
	for name, change := range map[string]func(*registry.Server){
		"nothing":     func(*registry.Server) {},
		"timeout":     func(s *registry.Server) { s.Timeout = time.Second },
		"description": func(s *registry.Server) { s.Description = "other" },
		"command":     func(s *registry.Server) { s.Command = "other" },
		"args":        func(s *registry.Server) { s.Args = []string{"a", "b"} },
		"dir":         func(s *registry.Server) { s.Dir = "/other" },
		"env name":    func(s *registry.Server) { s.Env[0].Name = "M" },
		"env value":   func(s *registry.Server) { s.Env[0].Value = "w" },
		"share":       func(s *registry.Server) { s.Share = registry.ShareSession },
		"concurrency": func(s *registry.Server) { s.Concurrency = 5 },
		"url":         func(s *registry.Server) { s.URL = "https://example.test/mcp" },
		"headers":     func(s *registry.Server) { s.Headers = []registry.EnvVar{{Name: "A", Value: "b"}} },
		"client env":  func(s *registry.Server) { s.ClientEnv = []string{"N"} },
		"limits":      func(s *registry.Server) { s.Limits.Processes = 1 },
		"max result":  func(s *registry.Server) { s.MaxResult = 1 },
		"commands":    func(s *registry.Server) { s.Bounds.Commands = []string{"/bin/*"} },
		"urls":        func(s *registry.Server) { s.Bounds.URLs = []string{"https://a/*"} },
		"drain":       func(s *registry.Server) { s.Drain = time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			changed := entry()
			change(&changed)
			sameHash := specHash(entry()) == specHash(changed)
			if sameHash != slices.Contains(sameProcess, name) {
				t.Errorf("the hashes being the same is %v", sameHash)
			}
			if got := sameSpec(entry(), changed); got != sameHash {
				t.Errorf("sameSpec = %v, but the hashes being the same is %v", got, sameHash)
			}
			if got := p.Instance(changed, Sharing{}) == first; got != sameHash {
				t.Errorf("the same instance: %v, want %v", got, sameHash)
			}
			if p.Instance(entry(), Sharing{}) != first {
				t.Error("the first entry has another instance now")
			}
		})
	}
}
