package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestFileOfAShortSHA: Gitea finds files of names and whole shas alone, and our
// answers have short ones.
func TestFileOfAShortSHA(t *testing.T) {
	const sha = "7fdf13389b3268d25219e432de36873cf3d0b48a"
	at := func(refs map[string]string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if body := refs[r.URL.Query().Get("ref")]; body != "" {
				reply(200, body)(w, r)
				return
			}
			reply(404, `{"message":"object does not exist"}`)(w, r)
		}
	}
	u := newFake(t).on("GET "+repo+"/git/commits/7fdf13389b32", reply(200, `{"sha":"`+sha+`"}`)).
		on("GET "+repo+"/contents/a.txt", at(map[string]string{sha: `{"type":"file","path":"a.txt","encoding":"base64","content":"aGkK"}`})).
		on("GET "+repo+"/contents/big.txt", at(map[string]string{sha: `{"type":"file","path":"big.txt"}`})).
		on("GET "+repo+"/raw/big.txt", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("ref") == sha {
				w.Write([]byte("big\n"))
			}
		}).
		on("GET "+repo+"/contents/dir", at(map[string]string{sha: `[{"type":"file","path":"dir/b.txt"}]`}))
	c := u.connect(t)
	for tool, tc := range map[string]struct{ path, want string }{"get_file": {"a.txt", "hi"}, "list_files": {"dir", "dir/b.txt"}} {
		if text := c.MustText(tool, a("path", tc.path, "ref", "7fdf13389b32")); !strings.Contains(text, tc.want) {
			t.Errorf("%s of a short sha: %s", tool, text)
		}
	}
	if text := c.MustText("get_file", a("path", "big.txt", "ref", "7fdf13389b32")); !strings.Contains(text, "big\n") {
		t.Errorf("a large file: %s", text)
	}
	c.MustFail("get_file", a("path", "a.txt", "ref", "none"), kit.NotFound)
}
