package registry

import (
	"strings"
	"testing"
)

func TestServerID(t *testing.T) {
	seen := map[string]Server{}
	for _, dir := range []string{"", "/a/app", "/b/app", "/a/app ", "/a/" + strings.Repeat("x", 100), "/a/" + strings.Repeat("x", 101), "/a/..@\n+/é", "/a/x+codex", "/"} {
		for _, client := range []string{"", "codex", "Codex_2.0-x", ProjectTag("/a/app"), "x"} {
			s := Server{Name: "db", Project: dir, Client: client}
			id := s.ID()
			if other, twice := seen[id]; twice {
				t.Errorf("%+v and %+v are both %s", s, other, id)
			}
			seen[id] = s
			if base := (Server{Name: "db", Project: dir}).ID(); NameOf(id) != "db" || BaseOf(id) != base {
				t.Errorf("the name in %s is %s, of %s", id, NameOf(id), BaseOf(id))
			}
			if strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789._-@+C") != "" || len(id) > 100 {
				t.Errorf("%q cannot be the name of a file and a word", id)
			}
		}
	}
	if id := (Server{Name: "db"}).ID(); id != "db" {
		t.Errorf("the user's own is %s", id)
	}
}
