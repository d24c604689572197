package pool

import (
	"testing"

	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

// broken is a server that has tools and resources, and whose prompts/list fails.
const broken = `answer() { read -r line; printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$1" "$2"; }
answer 1 '"error":{"code":-32601,"message":"no"}'
answer 2 '"result":{"protocolVersion":"2025-06-18","capabilities":{"prompts":{}, "resources":{}},"serverInfo":{ "name":"s" },"instructions":"i"}'
read -r initialized
answer 3 '"result":{"tools":[{"name":"t"}]}'
answer 4 '"error":{"code":-32603,"message":"broken"}'
answer 5 '"result":{"resources":[{"uri":"x://1"}]}'
answer 6 '"result":{"resourceTemplates":[{"uriTemplate":"x://{id}"}]}'
read -r end
`

func TestEverythingIsLearntAndWhatFailsStays(t *testing.T) {
	p, _ := newPool(t)
	s := fake(t, func(s *registry.Server) { s.Command, s.Args = "/bin/sh", []string{"-c", broken} })
	p.opts.Catalog.Put(&catalog.Entry{Server: "fake", Key: "earlier", Prompts: []catalog.Tool{{Name: "old", Raw: []byte(`{"name":"old"}`)}}})
	if failed := p.LearnNow(t.Context(), []registry.Server{s}); len(failed) > 0 {
		t.Fatal(failed)
	}
	e, _ := p.opts.Catalog.Get("fake")
	if e.Key == "earlier" || e.Version != "2025-06-18" || string(e.Info) != `{ "name":"s" }` || string(e.Capabilities) != `{"prompts":{}, "resources":{}}` || e.Instructions != "i" {
		t.Errorf("of the server: %+v", e)
	}
	for k, want := range []string{"t", "old", "x://1", "x://{id}"} {
		if list := e.List(catalog.Kind(k)); len(list) != 1 || list[0].Name != want {
			t.Errorf("%s: %q, want %s", catalog.Kind(k).List().Method, list, want)
		}
	}
}

// changing is a server that says that its tools changed as soon as it was read, and
// that does not answer a second time.
const changing = `answer() { read -r line; printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$1" "$2"; }
answer 1 '"error":{"code":-32601,"message":"no"}'
answer 2 '"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"s"}}'
read -r initialized
read -r list
printf '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n'
printf '{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"t"}]}}\n'
while read -r line; do :; done
`

// A server that was started to be read and is ended while it is read again has not
// failed.
func TestEndOfAReadingThatIsNotWanted(t *testing.T) {
	p, c := newPool(t)
	s := fake(t, func(s *registry.Server) { s.Command, s.Args = "/bin/sh", []string{"-c", changing} })
	if failed := p.LearnNow(t.Context(), []registry.Server{s}); len(failed) > 0 {
		t.Fatal(failed)
	}
	<-c.exited
	p.work.Wait()
	if err := p.LastError("fake"); err != nil {
		t.Errorf("it counts as failed: %v", err)
	}
	if n := len(p.Unlearnt([]registry.Server{s})); n != 0 {
		t.Error("it counts as not learnt")
	}
}

// Two who learn at once do not end each other's processes.
func TestLearnersKeepApart(t *testing.T) {
	p, _ := newPool(t)
	slow := fake(t, func(s *registry.Server) { s.Name, s.Args = "slow", []string{"-start-wait=300ms"} })
	quick := fake(t, nil)
	where := func(registry.Server) Sharing { return Sharing{Key: LearnKey} }
	learnt := p.Learn([]registry.Server{slow}, where)
	if failed := p.LearnNow(t.Context(), []registry.Server{quick}); len(failed) > 0 {
		t.Fatal(failed)
	}
	<-learnt
	if n := len(p.Unlearnt([]registry.Server{slow, quick})); n != 0 {
		t.Errorf("%d servers are unknown: %v", n, p.LastError("slow"))
	}
}
