package search

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// tools reads the fixture: tools of eight servers, in words of our own.
func tools(t testing.TB) []Doc {
	t.Helper()
	f, err := os.Open("testdata/tools.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var docs []Doc
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct {
			Server            string
			ServerDescription string `json:"server_description"`
			Definition        json.RawMessage
		}
		var def struct{ Name string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line.Definition, &def); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, Doc{Name: line.Server + "__" + def.Name, Server: line.Server, ServerDescription: line.ServerDescription, Definition: line.Definition})
	}
	return docs
}

// TestTheRightToolIsAmongTheFirst asks as models ask.
func TestTheRightToolIsAmongTheFirst(t *testing.T) {
	docs := tools(t)
	if len(docs) < 60 {
		t.Fatalf("%d tools", len(docs))
	}
	ix := New(docs)
	for query, want := range map[string]string{
		"open a merge request":                     "gitlab__create_merge_request",
		"merge request diff":                       "gitlab__get_merge_request_diff",
		"comment on an issue":                      "gitlab__add_comment",
		"report a bug as new issue":                "gitlab__create_issue",
		"why did the ci job fail":                  "gitlab__get_job_log",
		"retry failed pipeline":                    "gitlab__retry_pipeline",
		"read file from repository at branch":      "gitlab__get_file",
		"error lines in the logs of the last hour": "loki__query_logs",
		"LogQL":                                      "loki__query_logs",
		"what labels do log streams have":            "loki__list_labels",
		"firing alerts":                              "prometheus__list_alerts",
		"run a PromQL query over time":               "prometheus__query_range",
		"which scrape targets are down":              "prometheus__list_targets",
		"names of available metrics":                 "prometheus__list_metrics",
		"pod logs":                                   "k8s__get_pod_logs",
		"list pods in a namespace":                   "k8s__list_pods",
		"memory usage of pods":                       "k8s__top_pods",
		"kubernetes events warning":                  "k8s__list_events",
		"restart deployment":                         "k8s-ops__rollout_restart",
		"scale replicas":                             "k8s-ops__scale_deployment",
		"apply yaml to the cluster":                  "k8s-ops__apply_manifest",
		"write a file":                               "filesystem__writeFile",
		"renaming files":                             "filesystem__moveFile",
		"find files matching a glob":                 "filesystem__searchFiles",
		"take a screenshot of a web page":            "browser__take_screenshot",
		"fill in a form":                             "browser__fill_form",
		"javascript console errors":                  "browser__get_console_messages",
		"who changed this line":                      "git__blame",
		"recent commits on a branch":                 "git__log",
		"uncommitted changes in the working tree":    "git__status",
		"screensh":                                   "browser__take_screenshot",
		"k8s depl":                                   "k8s__list_deployments",
		"filesystem__readTextFile":                   "filesystem__readTextFile",
		"show me the text of a file on disk, please": "filesystem__readTextFile",
	} {
		hits := ix.Search(query, 3)
		var got []string
		for _, h := range hits {
			got = append(got, fmt.Sprintf("%s %.2f", docs[h.Index].Name, h.Score))
		}
		if !slices.ContainsFunc(hits, func(h Hit) bool { return docs[h.Index].Name == want }) {
			t.Errorf("%q: %s is not among %q", query, want, got)
		}
	}
}

func TestEveryNameFindsItsToolFirst(t *testing.T) {
	docs := tools(t)
	ix := New(docs)
	for i, d := range docs {
		for _, query := range []string{d.Name, strings.ToUpper(d.Name)} {
			if hits := ix.Search(query, 1); len(hits) != 1 || hits[0].Index != i {
				t.Errorf("%s: %v", query, hits)
			}
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"list_merge-requests.v2":          "list merg request v2",
		"readTextFile HTTPServer k8s":     "read text fil http server k8s",
		"queries query":                   "query query",
		"branches branch boxes":           "branch branch box",
		"creating created creates create": "creat creat creat creat",
		"running stopped logged calling":  "run stop log call",
		"status address alias this":       "status address alias",
		"string feed need thing":          "string feed need thing",
		"what is the":                     "what is the",
		"Größe der Dateien":               "größ der dateien",
		"":                                "",
		"…!?":                             "",
	} {
		if got := strings.Join(words(in), " "); got != want {
			t.Errorf("words(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRanking(t *testing.T) {
	def := func(description, schema string) []byte {
		return []byte(`{"title":"T","description":"` + description + `","inputSchema":` + schema + `}`)
	}
	docs := []Doc{
		0: {Name: "b__x", Definition: def("apples", `{}`)},
		1: {Name: "a__x", Definition: def("apples", `{}`)},
		2: {Name: "s__apple", Definition: def("", `{}`)},
		3: {Name: "s__deep", Definition: def("", `{"properties":{"list":{"type":"array","items":{"anyOf":[{"properties":{"kiwi":{"description":"a cherry"}}},{"$ref":"#/$defs/d"}]}}},"$defs":{"d":{"properties":{"plum":true}}}}`)},
		4: {Name: "s__broken", Server: "orchard", ServerDescription: "Everything about melons", Definition: []byte(`{"name":`)},
		5: {Name: "s__odd", Definition: []byte(`{"description":7,"title":"Pears","annotations":[],"inputSchema":{"properties":[1e999]}}`)},
		6: {Name: "s__titled", Definition: []byte(`{"annotations":{"title":"Grapes"}}`)},
	}
	ix := New(docs)
	for query, want := range map[string][]int{
		"apple":         {2, 1, 0}, // the name counts for more; equals by name
		"Kiwi":          {3},
		"cherries":      {3},
		"plum":          {3},
		"melon":         {4},
		"orch":          {4},
		"orch kiwi":     {3}, // only the last word may be a beginning
		"kiwi orch":     {3, 4},
		"pear":          {5},
		"grape":         {6},
		"nothing of it": {},
		"":              {1, 0, 2, 4, 3, 5, 6},
		"   ":           {1, 0, 2, 4, 3, 5, 6},
		"g":             {}, // one letter is no beginning
	} {
		got := []int{}
		for _, h := range ix.Search(query, 0) {
			got = append(got, h.Index)
		}
		if query == "kiwi orch" {
			slices.Sort(got)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("Search(%q) = %v, want %v", query, got, want)
		}
	}
	if hits := ix.Search("apple", 2); len(hits) != 2 {
		t.Errorf("limit 2: %v", hits)
	}
	if hits := New(nil).Search("x", 3); len(hits) != 0 {
		t.Errorf("an empty index: %v", hits)
	}
}

func TestSearchIsDeterministic(t *testing.T) {
	docs := tools(t)
	want := New(docs).Search("list logs of the pods in a namespace", 0)
	for range 20 {
		if got := New(docs).Search("list logs of the pods in a namespace", 0); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	var docs []Doc
	for i := 0; len(docs) < 500; i++ {
		for _, d := range tools(b) {
			d.Name += fmt.Sprint(i)
			docs = append(docs, d)
		}
	}
	ix := New(docs)
	b.Run("query", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ix.Search("list the logs of pods that restarted in a names", 8)
		}
	})
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			New(docs)
		}
	})
}
