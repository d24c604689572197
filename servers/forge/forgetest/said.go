package forgetest

import (
	"slices"
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// Said is what all servers pass, for tools of each area: that calls end when they
// are cancelled or the forge says nothing, and that no credential is shown.
type Said struct {
	Program forge.Program
	Tokens  int                                   // most that the tools called cost
	Calls   map[string]any                        // arguments by tool
	Forge   func(t testing.TB, text string) *Wire // says text wherever others can write
}

// Run runs it.
func (s Said) Run(t *testing.T) {
	var last *Wire
	setting := func(name string) string { return s.Program.Service.Prefix + "_" + name }
	serve := func(t testing.TB, env map[string]string) *kit.Server {
		server := Server(t, s.Program, env)
		server.Tools = slices.DeleteFunc(server.Tools, func(t kit.Tool) bool { _, called := s.Calls[t.Name()]; return !called })
		return server
	}
	saying := func(t testing.TB, text string) *kit.Server {
		last = s.Forge(t, text)
		return serve(t, map[string]string{setting("URL"): last.URL, setting("TOKEN"): "the-token-of-a-test"})
	}
	kittest.Suite{
		New: func(t testing.TB) *kit.Server { return saying(t, "text") }, Tokens: s.Tokens, Calls: s.Calls,
		Hung:   func(t testing.TB, url string) *kit.Server { return serve(t, map[string]string{setting("URL"): url}) },
		Saying: saying, SayingIsSlow: true, Soak: 200,
		Changes: func() int { return len(last.Changes()) },
	}.Run(t)
}
