package registry

import (
	"strings"
	"testing"
)

func TestServerID(t *testing.T) {
	seen := map[string]string{}
	for _, dir := range []string{"", "/a/app", "/b/app", "/a/app ", "/a/" + strings.Repeat("x", 100), "/a/" + strings.Repeat("x", 101), "/a/..@\n/é", "/"} {
		s := Server{Name: "db", Project: dir}
		id := s.ID()
		if other, twice := seen[id]; twice {
			t.Errorf("%q and %q are both %s", dir, other, id)
		}
		seen[id] = dir
		if NameOf(id) != "db" {
			t.Errorf("the name in %s is %s", id, NameOf(id))
		}
		if strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789._-@") != "" || len(id) > 64 {
			t.Errorf("%q cannot be the name of a file and a word", id)
		}
	}
	if id := (Server{Name: "db"}).ID(); id != "db" {
		t.Errorf("the user's own is %s", id)
	}
}
