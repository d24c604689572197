package clientsync

import (
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// entries are some of ours, by name.
func (r *rig) entries(names ...string) Wanted {
	w := r.wanted()
	for _, name := range names {
		l := target.Launch{Name: name, Command: "/bin/loom", Args: []string{name}}
		w.Entries = append(w.Entries, configfile.Member{Key: name, Value: r.target.Entry(l)})
	}
	return w
}

// One entry becomes several and one again: the old go out and the new come in, in
// one plan, and the way back is still that of the first time.
func TestOtherMode(t *testing.T) {
	for id, texts := range corpus {
		for _, text := range texts {
			r := newRig(t, id, text)
			for _, names := range [][]string{{"loom"}, {"git", "loki"}, {"git"}, {"loom"}, {"git", "zed"}, nil} {
				c, err := Apply(r.ledger, PlanFile(r.ledger, r.entries(names...), false, now), false, now)
				if err != nil || c.Blocked() {
					t.Fatalf("%s, %q, %v: %s %s, %v", id, text, names, c.State, c.Detail, err)
				}
				r.reopen()
				file, err := configfile.Parse(r.target.Format, []byte(r.content()))
				if r.content() == "(gone)" {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				there, _, err := file.Entries(r.target.Key...)
				if err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"loom", "git", "loki", "zed"} {
					is := slices.ContainsFunc(there, func(e configfile.Entry) bool { return e.Key == name })
					if is != slices.Contains(names, name) {
						t.Errorf("%s, %q: with %v, %s is there: %v", id, text, names, name, is)
					}
				}
				if c := PlanFile(r.ledger, r.entries(names...), false, now); names != nil && (c.State != InSync || !c.None()) {
					t.Errorf("%s, %q, %v: the second time: %s", id, text, names, c.State)
				}
			}
			want := text
			if text == "" {
				want = "(gone)"
			}
			if got := r.content(); got != want {
				t.Errorf("%s: the way back gives %q, want %q", id, got, want)
			}
		}
	}
}

// A server of the same name that is the user's own stays, and so does ours of the
// mode before.
func TestOtherModeInTheWay(t *testing.T) {
	foreign := "{\"mcpServers\": {\"git\": {\"command\": \"mine\"}}}"
	r := newRig(t, "claude", foreign)
	r.sync(false, "proxy")
	before := r.content()
	c := PlanFile(r.ledger, r.entries("git", "loki"), false, now)
	if c.State != Conflict || !strings.Contains(c.Detail, `there is an entry "git" that Loom did not write`) || !c.None() {
		t.Errorf("%s, %s", c.State, c.Detail)
	}
	if _, err := Apply(r.ledger, c, false, now); err != nil || r.content() != before {
		t.Errorf("%v\n%s", err, r.content())
	}
}
