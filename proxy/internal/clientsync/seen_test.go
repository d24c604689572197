package clientsync

import (
	"os"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// Edits are made for a text: on another one, whose lists have other elements, they
// would hit something else. So the file stays as it is, also when it changes while it
// is being written.
func TestEditsOfAnotherText(t *testing.T) {
	const text = "{\"permissions\": {\"deny\": [\"a\", \"b\"]}}\n"
	wanted := func(r *rig) Wanted {
		return Wanted{
			Target: r.target, Path: r.path, Scope: User, Seen: HashText([]byte(text)),
			Edits: []configfile.Edit{{Path: []string{"permissions", "deny", "1"}, Value: "B"}},
		}
	}
	r := newRig(t, "claude", strings.Replace(text, `"a"`, `"new", "a"`, 1))
	if c := PlanFile(r.ledger, wanted(r), false, now); c.State != Conflict || !c.None() || !strings.Contains(c.Detail, "was changed at the same moment") {
		t.Errorf("%s, %s", c.State, c.Detail)
	}
	r = newRig(t, "claude", text)
	d := realDisk()
	d.write = func(f *os.File, b []byte) error {
		os.WriteFile(r.path, []byte(strings.Replace(text, `"a"`, `"new", "a"`, 1)), 0o600)
		_, err := f.Write(b)
		return err
	}
	c, err := apply(d, r.ledger, PlanFile(r.ledger, wanted(r), false, now), false, now)
	if got := r.content(); err != nil || c.State != Conflict || !strings.Contains(got, `["new", "a", "b"]`) {
		t.Errorf("%v, %s\n%s", err, c.State, got)
	}
}
