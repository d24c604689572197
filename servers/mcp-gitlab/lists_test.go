package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit"
)

// TestPages: what is next is what GitLab says, not that a page was full; over ten
// thousand records it does not say how many there are.
func TestPages(t *testing.T) {
	const total = 230
	for _, totals := range []bool{true, false} {
		u := newFake(t).on("GET {}/issues", func(w http.ResponseWriter, r *http.Request) {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
			if size > 100 {
				t.Errorf("asked for %d at once", size)
			}
			var list []string
			for i := (page - 1) * size; i < min(page*size, total); i++ {
				list = append(list, fmt.Sprintf(`{"iid":%d,"title":"t","state":"opened"}`, i+1))
			}
			if page*size < total {
				w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
			} else {
				w.Header().Set("X-Next-Page", "")
			}
			if totals {
				w.Header().Set("X-Total", strconv.Itoa(total))
			}
			reply(200, jsonList(list...))(w, r)
		})
		c := u.connect(t)
		forgetest.Numbers{Total: total, Ceiling: 100, Untold: !totals}.Read(t, c, "a/b/c", 1, 7, 23, 46, 100, 1000)
	}
}

// TestTree reads the pages behind the first at once where their number is known.
func TestTree(t *testing.T) {
	for name, pages := range map[string]string{"known": "3", "unknown": ""} {
		u := newFake(t).on("GET {}/repository/tree", func(w http.ResponseWriter, r *http.Request) {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			w.Header().Set("X-Total-Pages", pages)
			if page < 3 {
				w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
			}
			reply(200, fmt.Sprintf(`[{"path":"f%d","type":"blob","mode":"100755"},{"path":"d%d","type":"tree"},{"path":"l%d","type":"blob","mode":"120000"},{"path":"m%d","type":"commit"}]`, page, page, page, page))(w, r)
		})
		text := u.connect(t).MustText("list_files", a("recursive", true))
		for _, want := range []string{"f1\tfile", "d2\tdir", "l3\tsymlink", "m3\tsubmodule", "total=12"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: there is no %q in\n%s", name, want, text)
			}
		}
	}
}

// TestFile: a folder is told from what is not there, and a path is escaped.
func TestFile(t *testing.T) {
	u := newFake(t).
		on("GET {}/repository/files/sub%2Fa%20b%2Ego", reply(200, `{"file_path":"sub/a b.go","encoding":"base64","content":"aGkK","blob_id":"b1","last_commit_id":"c1","size":3}`)).
		on("GET {}/repository/tree", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("path") == "sub" {
				reply(200, `[{"path":"sub/a b.go","type":"blob"}]`)(w, r)
				return
			}
			reply(404, `{"message":"404 invalid revision or path Not Found"}`)(w, r)
		})
	c := u.connect(t)
	if text := c.MustText("get_file", a("path", "sub/a b.go", "ref", "feature/x")); !strings.Contains(text, "hi") {
		t.Errorf("the file is %s", text)
	}
	if q := u.sent("GET {}/repository/files/sub%2Fa%20b%2Ego")[0].Query; q != "ref=feature%2Fx" {
		t.Errorf("asked with %s", q)
	}
	c.MustFail("get_file", a("path", "sub"), kit.FailedPrecondition)
	c.MustFail("get_file", a("path", "nothing"), kit.NotFound)
}

// TestProjects go by number, by a path with many parts, and below a prefix of the
// address.
func TestProjects(t *testing.T) {
	u := newFake(t).on("GET /projects/42/issues", reply(200, `[{"iid":1,"title":"by number","state":"opened"}]`)).on("GET {}/issues", reply(200, `[{"iid":1,"title":"by path","state":"opened"}]`))
	c := u.connect(t, "GITLAB_URL", u.URL+"/git/lab/api/v4")
	for repo, want := range map[string]string{"42": "by number", "a/b/c": "by path", "/a/b/c.git": "by path"} {
		if text := c.MustText("list_issues", map[string]any{"repo": repo}); !strings.Contains(text, want) {
			t.Errorf("%s: %s", repo, text)
		}
	}
	limited := u.connect(t, "GITLAB_ALLOWED_REPOS", "a/**")
	limited.MustText("list_issues", a())
	for _, repo := range []string{"42", "b/c", "x/a/b"} {
		limited.MustFail("list_issues", map[string]any{"repo": repo}, kit.PermissionDenied)
	}
}

// TestOwner: an owner is a group with its subgroups, or a user.
func TestOwner(t *testing.T) {
	u := newFake(t).on("GET /groups/acme%2Fapps/projects", reply(200, `[{"path_with_namespace":"acme/apps/web"}]`)).on("GET /users/bob/projects", reply(200, `[{"path_with_namespace":"bob/notes"}]`)).
		on("GET /projects", reply(200, `[{"path_with_namespace":"ours/x"}]`))
	c := u.connect(t)
	for owner, want := range map[string]string{"acme/apps": "acme/apps/web", "bob": "bob/notes", "": "a member of"} {
		if text := c.MustText("search_repos", map[string]any{"owner": owner}); !strings.Contains(text, want) {
			t.Errorf("%q: %s", owner, text)
		}
	}
	if q := u.sent("GET /projects")[0].Query; !strings.Contains(q, "membership=true") {
		t.Errorf("asked with %s", q)
	}
}

// TestVariables: the values of variables are nobody's business.
func TestVariables(t *testing.T) {
	u := newFake(t).on("GET {}/variables", reply(200, `[{"key":"DEPLOY_KEY","value":"very-secret-value","protected":true,"masked":true,"environment_scope":"production"}]`))
	text := u.connect(t).MustText("list_ci_variables", a())
	if strings.Contains(text, "very-secret") || !strings.Contains(text, "DEPLOY_KEY") || !strings.Contains(text, "production") {
		t.Errorf("got %s", text)
	}
}

// TestTodos: those that are done are a list of their own.
func TestTodos(t *testing.T) {
	u := newFake(t).on("GET /todos", func(w http.ResponseWriter, r *http.Request) {
		state := r.URL.Query().Get("state")
		reply(200, `[{"id":1,"state":"`+state+`","action_name":"assigned","target_type":"MergeRequest","target":{"iid":7,"title":"`+state+`","state":"opened"},"project":{"path_with_namespace":"a/b"}}]`)(w, r)
	})
	c := u.connect(t)
	for all, want := range map[bool][]string{false: {"pending"}, true: {"pending", "done"}} {
		var got struct {
			Items []struct{ Title, Kind string }
		}
		c.MustStruct("list_todos", map[string]any{"all": all}, &got)
		var titles []string
		for _, item := range got.Items {
			titles = append(titles, item.Title)
		}
		if !slices.Equal(titles, want) || got.Items[0].Kind != "assigned of a merge request" {
			t.Errorf("all=%v: %+v", all, got)
		}
	}
}
