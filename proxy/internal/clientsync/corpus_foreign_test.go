package clientsync

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// Somebody else writes the file between sync and unsync: what they did stays, and
// what is ours goes.
func TestCorpusEditedMeanwhile(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.client+"/"+s.name, func(t *testing.T) {
			t.Parallel()
			r, _ := s.lay(t, lies[0])
			r.sync(false, "proxy")
			foreign := strings.ReplaceAll(r.content(), marker, edited)
			os.WriteFile(r.path, []byte(foreign), 0o600)
			if c := r.sync(false, "proxy"); c.State != InSync || r.content() != foreign {
				t.Errorf("an edit elsewhere counts as %s: %s", c.State, c.Detail)
			}
			if c := r.sync(false, "proxy", "x"); c.State != Stale || c.Blocked() {
				t.Errorf("another entry: %s, %s", c.State, c.Detail)
			}
			if c := r.sync(false); c.Blocked() {
				t.Errorf("unsync: %s, %s", c.State, c.Detail)
			}
			if want := strings.ReplaceAll(s.text, marker, edited); r.content() != want {
				t.Errorf("unsync gives\n%s", lineDiff(want, r.content()))
			}
		})
	}
}

// Its client adds a server of the user's behind ours: unsync leaves what the file
// would be if Loom had never been there.
func TestCorpusWithANeighbour(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.client+"/"+s.name, func(t *testing.T) {
			t.Parallel()
			r, _ := s.lay(t, lies[0])
			add := func(text string) string {
				later := r.target.Entry(target.Launch{Name: "later", Command: "later"})
				out, _, err := configfile.Change(r.target.Format, []byte(text), []configfile.Edit{{Path: append(r.target.Key, "later"), Value: later}})
				if err != nil {
					t.Fatal(err)
				}
				return string(out)
			}
			r.sync(false, "proxy")
			os.WriteFile(r.path, []byte(add(r.content())), 0o600)
			r.sync(false, "proxy", "x")
			r.sync(false)
			if want := add(s.text); r.content() != want {
				t.Errorf("unsync gives\n%s", lineDiff(want, r.content()))
			}
		})
	}
}

// Its client writes the whole file anew, as JSON.stringify does: unsync takes our
// entry out and nothing else.
func TestCorpusWrittenAnew(t *testing.T) {
	for _, s := range samples(t) {
		var before map[string]any
		if json.Unmarshal([]byte(s.text), &before) != nil {
			continue // a program that writes anew keeps no comments
		}
		t.Run(s.client+"/"+s.name, func(t *testing.T) {
			t.Parallel()
			r, _ := s.lay(t, lies[0])
			r.sync(false, "proxy")
			var all map[string]any
			if err := json.Unmarshal([]byte(r.content()), &all); err != nil {
				t.Fatalf("what was strict JSON is none any more: %v", err)
			}
			anew, _ := json.MarshalIndent(all, "", "    ")
			os.WriteFile(r.path, anew, 0o600)
			r.sync(false, "proxy", "x")
			r.sync(false)
			var after map[string]any
			if err := json.Unmarshal([]byte(r.content()), &after); err != nil {
				t.Fatalf("%v\n%s", err, r.content())
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("unsync (-before +after):\n%s", diff)
			}
		})
	}
}
