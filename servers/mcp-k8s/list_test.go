package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

type list struct {
	Items       []map[string]any
	Total       *int
	ByStatus    map[string]int `json:"by_status"`
	ByNamespace map[string]int `json:"by_namespace"`
	Hints       []string
	Pagination  kit.Pagination
}

// follow reads all pages and returns the names, as namespace/name.
func follow(t *testing.T, c *kittest.Client, in map[string]any) (names []string, calls int) {
	t.Helper()
	for calls = 1; ; calls++ {
		var l list
		c.MustStruct("list_resources", in, &l)
		for _, item := range l.Items {
			names = append(names, fmt.Sprint(item["namespace"], "/", item["name"]))
		}
		if !l.Pagination.HasMore {
			return names, calls
		}
		if calls > 500 || l.Pagination.NextArgs == nil {
			t.Fatalf("no end: %+v", l.Pagination)
		}
		for name, v := range l.Pagination.NextArgs {
			in[name] = v
		}
	}
}

func unique(names []string) int {
	return len(slices.Compact(slices.Sorted(slices.Values(names))))
}

// All pages together are the list, whatever chooses and cuts them.
func TestListPages(t *testing.T) {
	for _, n := range []int{0, 1, 50, 51, 130} {
		api := kubetest.New(t, pods(n, "a", "b", "c")...)
		c := connect(t, api, nil)
		limited := connect(t, api, map[string]string{"K8S_ALLOWED_NAMESPACES": "a,c"})
		for _, tc := range []struct {
			name string
			c    *kittest.Client
			in   map[string]any
			want func(i int) bool
		}{
			{"all", c, map[string]any{}, func(int) bool { return true }},
			{"cut by bytes", c, map[string]any{"max_bytes": 3000}, func(int) bool { return true }},
			{"status", c, map[string]any{"status": "Pending"}, func(i int) bool { return i%10 == 3 }},
			{"not ready, cut by bytes", c, map[string]any{"status": "!Ready", "max_bytes": 2048}, func(i int) bool { return i%10 == 3 }},
			{"name", c, map[string]any{"name": "web-*1", "per_page": 7}, func(i int) bool { return i%10 == 1 }},
			{"sorted", c, map[string]any{"sort": "-name"}, func(int) bool { return true }},
			{"two namespaces", limited, map[string]any{"per_page": 30}, func(i int) bool { return i%3 != 1 }},
			{"two namespaces, cut by bytes", limited, map[string]any{"per_page": 40, "max_bytes": 2048}, func(i int) bool { return i%3 != 1 }},
		} {
			in := map[string]any{"kind": "pods", "all_namespaces": true}
			for name, v := range tc.in {
				in[name] = v
			}
			want := 0
			for i := range n {
				if tc.want(i) {
					want++
				}
			}
			names, _ := follow(t, tc.c, in)
			if len(names) != want || unique(names) != want {
				t.Errorf("%d pods, %s: %d names, %d of them different, want %d", n, tc.name, len(names), unique(names), want)
			}
		}
	}
}

func TestListPageByNumber(t *testing.T) {
	c := connect(t, kubetest.New(t, pods(120, "default")...), nil)
	for page, want := range map[int]string{1: "web-0000", 2: "web-0050", 3: "web-0100", 4: ""} {
		var l list
		c.MustStruct("list_resources", map[string]any{"kind": "pods", "page": page}, &l)
		got := ""
		if len(l.Items) > 0 {
			got = fmt.Sprint(l.Items[0]["name"])
		}
		if got != want || l.Pagination.HasMore != (page < 3) {
			t.Errorf("page %d begins with %q, %+v", page, got, l.Pagination)
		}
	}
	c.MustFail("list_resources", args(`{"kind":"pods","page":21}`), kit.InvalidArgument)
}

// Memory is that of a page, also for a list of 10,000.
func TestListMany(t *testing.T) {
	api := kubetest.New(t)
	for i := range 10_000 {
		phase := "Running"
		if i%10 == 3 {
			phase = "Pending"
		}
		api.Add(t, map[string]any{
			"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": fmt.Sprintf("web-%05d", i), "namespace": []string{"a", "b"}[i%2]},
			"status": map[string]any{"phase": phase},
		})
	}
	c := connect(t, api, nil)
	names, calls := follow(t, c, map[string]any{"kind": "pods", "all_namespaces": true, "per_page": 500, "max_bytes": 98304})
	if len(names) != 10_000 || unique(names) != 10_000 {
		t.Errorf("%d names, %d different, in %d calls", len(names), unique(names), calls)
	}
	for _, request := range api.Asked() {
		if strings.Contains(request, "/pods") && !strings.Contains(request, "limit=500") {
			t.Errorf("asked for all at once: %s", request)
		}
	}
	var l list
	c.MustStruct("list_resources", args(`{"kind":"pods","all_namespaces":true,"output":"count"}`), &l)
	if *l.Total != 10_000 || l.ByStatus["Pending"] != 1000 || l.ByNamespace["a"] != 5000 || len(l.Items) != 0 {
		t.Errorf("counted %+v", l)
	}
}

func TestListTokens(t *testing.T) {
	c := connect(t, kubetest.New(t, pods(100, "default")...), nil)
	if text := c.MustText("list_resources", args(`{"kind":"pods","per_page":100}`)); len(text)/4 > 4000 {
		t.Errorf("100 pods cost %d tokens", len(text)/4)
	}
}

func TestListOutput(t *testing.T) {
	c := connect(t, kubetest.New(t, pods(2, "default")...), nil)
	for in, want := range map[string]string{
		`{}`:                "items:\nname\tstatus\tage\nweb-0000\tRunning\t1h\n",
		`{"output":"wide"}`: "name\tstatus\tage\tnode\n",
		`{"output":"name"}`: "items:\nname\nweb-0000\nweb-0001\n",
		`{"output":"fields","fields":"spec.nodeName,spec.containers[*].image,metadata.labels.app"}`: "web-0000\tn1\tweb:1\tweb\n",
		`{"all_namespaces":true}`: "namespace\tname\tstatus",
		`{"name":"web-0001"}`:     "items:\nname\tstatus\tage\nweb-0001",
	} {
		has(t, c.MustText("list_resources", args(`{"kind":"po",%s`, strings.TrimPrefix(strings.Replace(in, "{}", "{\"page\":1}", 1), "{"))), want)
	}
	for in, want := range map[string]string{
		`{"kind":"pods","output":"fields"}`:                "needs fields",
		`{"kind":"pods","label_selector":"a b c"}`:         "label_selector",
		`{"kind":"pods","field_selector":"a"}`:             "field_selector",
		`{"kind":"pods","name":"../x"}`:                    "no name with",
		`{"kind":"pods","namespace":"a/../b"}`:             "cannot be the name of a namespace",
		`{"kind":"pods","sort":"size"}`:                    "columns are namespace, name, status, age, node",
		`{"kind":"deploymnets"}`:                           "did you mean deployments.apps",
		`{"kind":"pods","context":"x"}`:                    "unknown argument",
		`{"kind":"pods","cursor":"` + "eyJrIjoiIn0" + `"}`: "cursor",
	} {
		has(t, c.MustFail("list_resources", args("%s", in), kit.InvalidArgument), want)
	}
}

func TestListEmpty(t *testing.T) {
	c := connect(t, kubetest.New(t, pods(3, "shop")...), nil)
	has(t, c.MustText("list_resources", args(`{"kind":"pods"}`)), "namespace default has none; all namespaces have about 3, such as in shop: all_namespaces=true")
	has(t, c.MustText("list_resources", args(`{"kind":"pods","namespace":"shop","status":"Failed"}`)), "nothing fits the filters")
}

func TestListExpired(t *testing.T) {
	api := kubetest.New(t, pods(120, "default")...)
	c := connect(t, api, nil)
	var l list
	c.MustStruct("list_resources", args(`{"kind":"pods"}`), &l)
	api.Hook = func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("continue") != "" {
			kubetest.Fail(w, http.StatusGone, "Expired", "The provided continue parameter is too old")
		}
	}
	has(t, c.MustFail("list_resources", args(`{"kind":"pods","cursor":%q}`, l.Pagination.NextCursor), kit.CursorExpired), "begin again without cursor")
}

func TestNamespaceLimit(t *testing.T) {
	api := kubetest.New(t, append(pods(6, "team-a", "other"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a}\n", "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n", "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv}\n")...)
	c := connect(t, api, map[string]string{"K8S_ALLOWED_NAMESPACES": "team-*"})
	text := c.MustText("list_resources", args(`{"kind":"pods","all_namespaces":true}`))
	has(t, text, "team-a")
	hasNot(t, text, "other")
	text = c.MustText("list_resources", args(`{"kind":"ns"}`))
	has(t, text, "team-a")
	hasNot(t, text, "other")
	for tool, in := range map[string]string{
		"list_resources": `{"kind":"pods","namespace":"other"}`, "get_resource": `{"kind":"ns","name":"other"}`, "describe_resource": `{"kind":"pod","name":"web-0001","namespace":"other"}`,
		"get_logs": `{"name":"web-0001","namespace":"other"}`,
	} {
		has(t, c.MustFail(tool, args("%s", in), kit.PermissionDenied), "K8S_ALLOWED_NAMESPACES")
	}
	c.MustFail("list_resources", args(`{"kind":"pv"}`), kit.PermissionDenied)
	c.MustFail("list_resources", args(`{"kind":"pods"}`), kit.InvalidArgument) // the default namespace is none of them
	has(t, c.MustFail("get_resource", args(`{"kind":"ns","name":"team-x"}`), kit.NotFound), "team-a")
	hasNot(t, c.MustFail("get_resource", args(`{"kind":"ns","name":"team-x"}`), kit.NotFound), "other")
	c.MustFail("check_access", args(`{"as_list":true,"namespace":"*"}`), kit.InvalidArgument) // not the rights in the default one
	one := connect(t, api, map[string]string{"K8S_ALLOWED_NAMESPACES": "team-a"})
	has(t, one.MustText("check_access", args(`{"as_list":true,"namespace":"*"}`)), "in namespace team-a")
	has(t, one.MustText("list_resources", args(`{"kind":"pods"}`)), "namespace: team-a")
	if text := strings.Join(api.Asked(), "\n"); strings.Contains(text, "namespaces/other") {
		t.Errorf("asked for what may not be seen:\n%s", text)
	}
}

// A page of one namespace has no objects in it, unless no column has the name.
func TestListBare(t *testing.T) {
	for format, requests := range map[string]int{"name": 1, "": 2} {
		api := kubetest.New(t)
		api.Hook = func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/pods") {
				return
			}
			object := `,"object":{"kind":"PartialObjectMetadata","metadata":{"name":"web","namespace":"default"}}`
			if r.URL.Query().Get("includeObject") == "None" {
				object = ""
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"kind":"Table","metadata":{},"columnDefinitions":[{"name":"Name","format":%q}],"rows":[{"cells":["web"]%s}]}`, format, object)
		}
		c := connect(t, api, nil)
		var l list
		c.MustStruct("list_resources", args(`{"kind":"pods","name":"w*","output":"name"}`), &l)
		if len(l.Items) != 1 || l.Items[0]["name"] != "web" {
			t.Errorf("format %q: %+v", format, l.Items)
		}
		n := 0
		for _, request := range api.Asked() {
			if strings.Contains(request, "/pods?") {
				n++
			}
		}
		if n != requests {
			t.Errorf("format %q: asked %d times, want %d", format, n, requests)
		}
	}
}
