package clientsync

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/configfile"
)

// takeAll is everything that a file has of its own, and its variables as secrets.
func (r *rig) takeAll() Wanted {
	r.t.Helper()
	file, err := configfile.Parse(r.target.Format, []byte(r.content()))
	if err != nil {
		r.t.Fatal(err)
	}
	there, _, err := file.Entries(r.target.Key...)
	if err != nil {
		r.t.Fatal(err)
	}
	w := r.wanted("proxy")
	for _, e := range there {
		w.Take = append(w.Take, Take{e.Key, Hash(e.Value)})
		o, _ := e.Value.(configfile.Object)
		if f, ok := r.target.Found(o); ok {
			for _, v := range slices.Concat(f.Env, f.Headers) {
				if len(v.Value) >= 6 && !slices.ContainsFunc(w.Moved, func(m Moved) bool { return m.Value.Reveal() == v.Value }) {
					w.Moved = append(w.Moved, Moved{fmt.Sprintf("secret-%d", len(w.Moved)), secret.NewValue(v.Value)})
				}
			}
		}
	}
	return w
}

// reveal gives moved secrets back.
func reveal(all []Moved) func(string) (secret.Value, error) {
	return func(name string) (secret.Value, error) {
		for _, m := range all {
			if m.Name == name {
				return m.Value, nil
			}
		}
		return secret.Value{}, secret.ErrNotFound
	}
}

// Every server of every file of the corpus is taken over: no value that was moved is
// left in the file where its entry stood, nor in what Loom keeps, and unsync gives the
// bytes from before, also when somebody edited something else meanwhile.
func TestCorpusTakeover(t *testing.T) {
	var byValue atomic.Int32
	t.Cleanup(func() { t.Logf("%d files came back by value: not every byte is where it was", byValue.Load()) })
	for _, s := range samples(t) {
		for _, meanwhile := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%s/%t", s.client, s.name, meanwhile), func(t *testing.T) {
				t.Parallel()
				r, real := s.lay(t, lies[0])
				w := r.takeAll()
				c, err := Apply(r.ledger, PlanFile(r.ledger, w, false, now), false, now)
				if err != nil || c.Blocked() {
					t.Fatalf("%v, %s: %s", err, c.State, c.Detail)
				}
				r.reopen()
				for _, m := range w.Moved {
					kept, _ := os.ReadFile(r.ledger.path)
					if strings.Contains(string(kept), m.Value.Reveal()) {
						t.Errorf("the ledger has %q", m.Value.Reveal())
					}
				}
				want := s.text
				if meanwhile {
					if !strings.Contains(r.content(), marker) {
						t.Skip("what somebody else would edit was taken over")
					}
					want = strings.Replace(s.text, marker, edited, 1)
					if err := os.WriteFile(real, []byte(strings.Replace(r.content(), marker, edited, 1)), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				r.ledger.Reveal = reveal(w.Moved)
				back, err := Apply(r.ledger, PlanFile(r.ledger, r.wanted(), false, now), false, now)
				if err != nil || back.Blocked() || len(back.Left) > 0 {
					t.Fatalf("back: %v, %s: %s, left %q", err, back.State, back.Detail, back.Left)
				}
				if got := r.content(); got != want {
					if !meanwhile || !configfile.Same(r.target.Format, []byte(got), []byte(want)) {
						t.Errorf("back:\n%s", lineDiff(want, got))
					}
					byValue.Add(1)
				}
			})
		}
	}
}
