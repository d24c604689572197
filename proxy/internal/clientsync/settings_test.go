package clientsync

import (
	"os"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What the user, or the client, sets in Loom's entry is no drift, and stays when Loom
// writes it again; what Loom set there goes when it is not wanted any more.
func TestSettings(t *testing.T) {
	for id, tc := range map[string]struct{ from, to, keeps string }{
		"codex": {"[mcp_servers.loom]\n", "[mcp_servers.loom]\nenabled = false\n", "enabled = false"},
		"cline": {`"autoApprove": ["a"]`, `"autoApprove": ["a", "mine"]`, `"mine"`},
	} {
		r := newRig(t, id, "")
		entries := func(allow ...any) Wanted {
			w := r.wanted("proxy")
			if id == "cline" {
				w.Entries[0].Value = w.Entries[0].Value.(configfile.Object).With("autoApprove", allow)
			}
			return w
		}
		sync := func(w Wanted) Change {
			t.Helper()
			c, err := Apply(r.ledger, PlanFile(r.ledger, w, false, now), false, now)
			if err != nil {
				t.Fatal(err)
			}
			r.reopen()
			return c
		}
		sync(entries("a"))
		edited := strings.Replace(r.content(), tc.from, tc.to, 1)
		if edited == r.content() {
			t.Fatalf("%s: no %q in\n%s", id, tc.from, edited)
		}
		os.WriteFile(r.path, []byte(edited), 0o600)
		if c := sync(entries("a")); c.State != InSync || !strings.Contains(r.content(), tc.keeps) {
			t.Errorf("%s: %s, %s\n%s", id, c.State, c.Detail, r.content())
		}
		sync(entries("b"))
		if got := r.content(); !strings.Contains(got, tc.keeps) || strings.Contains(got, `"a"`) {
			t.Errorf("%s: with another setting of Loom's:\n%s", id, got)
		}
		if sync(Wanted{Target: r.target, Path: r.path, Scope: User}); strings.Contains(r.content(), "loom") {
			t.Errorf("%s: and back:\n%s", id, r.content())
		}
	}
}

// What is carried over from an entry that was taken over is the user's from then on.
func TestCarried(t *testing.T) {
	r := newRig(t, "codex", "[mcp_servers.loom2]\ncommand = \"x\"\n")
	w := r.wanted("proxy")
	w.Carried = map[string]configfile.Object{"loom": {
		{Key: "disabled_tools", Value: []any{"git__push"}},
		{Key: "tools", Value: configfile.Object{{Key: "git__log", Value: configfile.Object{{Key: "approval_mode", Value: "prompt"}}}}},
	}}
	if _, err := Apply(r.ledger, PlanFile(r.ledger, w, false, now), false, now); err != nil {
		t.Fatal(err)
	}
	r.sync(false, "proxy", "--another")
	for _, want := range []string{`disabled_tools = ["git__push"]`, "git__log", "--another"} {
		if !strings.Contains(r.content(), want) {
			t.Errorf("no %s in\n%s", want, r.content())
		}
	}
}
