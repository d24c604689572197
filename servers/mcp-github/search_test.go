package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestSearchStays: what is searched for is not read as a part of the query, and
// totals do not count what is elsewhere.
func TestSearchStays(t *testing.T) {
	for text, want := range map[string]string{`a"b`: `"a b"`, `ends with \`: `"ends with  "`, `C:\x`: `"C: x"`} {
		if got := quoted(text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	var asked string
	u := newFake(t).on("GET /search/issues", func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query().Get("q")
		reply(200, `{"total_count":37,"items":[{"number":1,"title":"ours","state":"open","repository_url":"https://x/api/v3/repos/a/b"}]}`)(w, r)
	})
	var got struct{ Pagination kit.Pagination }
	u.connect(t, "GITHUB_ALLOWED_REPOS=a/b").MustStruct("search_issues", a("query", `"open repo:other/secret`), &got)
	if got.Pagination.Total == nil || *got.Pagination.Total != 1 {
		t.Errorf("%+v", got.Pagination)
	}
	if !strings.HasSuffix(asked, ` "open repo:other/secret`) {
		t.Errorf("asked for %s", asked)
	}
}
