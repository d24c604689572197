package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/service"
)

// description is what Gitea says of its own API: the parts that a request can
// be held against.
type description struct {
	Paths       map[string]map[string]operation
	Definitions map[string]struct{ Properties map[string]any }
}

type operation struct {
	ID         string `json:"operationId"`
	Parameters []parameter
}

type parameter struct {
	Name, In string
	Required bool
	Enum     []any
	Schema   struct {
		Ref string `json:"$ref"`
	}
}

// undescribed are parameters and members that Gitea takes and its description lacks, each
// looked up in its source.
var undescribed = map[string][]string{
	"repoCompareDiff":      {"verification"},
	"issueGetComments":     {"page", "limit"},                                               // the SDK's, which Gitea ignores
	"GetTree":              {"limit"},                                                       // the SDK's
	"repoMergePullRequest": {"Do", "MergeCommitID", "MergeMessageField", "MergeTitleField"}, // as they were called before 1.26
}

// checkContract holds requests of a server against the description, and the
// operations they are of against the list of those that the server uses.
func checkContract(t *testing.T, at service.Endpoint, requests []fault.Request) {
	t.Helper()
	var d description
	if err := getJSON(at.URL+"/swagger.v1.json", &d); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	problems := map[string]bool{}
	for _, r := range requests {
		path, ok := strings.CutPrefix(r.Path, "/api/v1")
		if !ok {
			problems[r.Method+" "+r.Path+": not in the API"] = true
			continue
		}
		template, op := d.find(r.Method, path)
		if op == nil {
			problems[r.Method+" "+path+": no such operation"] = true
			continue
		}
		used[r.Method+" "+template+" "+op.ID] = true
		for _, p := range d.problems(op, r) {
			problems[op.ID+": "+p] = true
		}
	}
	for _, p := range slices.Sorted(maps.Keys(problems)) {
		t.Error(p)
	}
	t.Logf("%d requests of %d operations", len(requests), len(used))
	golden.Check(t, "gitea_operations.txt", []byte(strings.Join(slices.Sorted(maps.Keys(used)), "\n")+"\n"))
}

// find is the operation of a path. One that is written out goes before one with
// parameters, and a parameter at the end may have slashes.
func (d description) find(method, path string) (string, *operation) {
	parts := strings.Split(path, "/")
	best, bestFixed := "", -1
	for template, ops := range d.Paths {
		op, ok := ops[strings.ToLower(method)]
		if !ok || !op.takesEnding(template, path) {
			continue
		}
		if fixed, ok := fits(strings.Split(template, "/"), parts); ok && fixed > bestFixed {
			best, bestFixed = template, fixed
		}
	}
	if best == "" {
		return "", nil
	}
	op := d.Paths[best][strings.ToLower(method)]
	return best, &op
}

// takesEnding reports whether a path ends as a template that ends in .{kind} says: a
// tag v1.2.0 is no commit v1.2 as a 0.
func (op operation) takesEnding(template, path string) bool {
	_, name, found := strings.Cut(template, "}.{")
	if !found {
		return true
	}
	for _, p := range op.Parameters {
		if p.In == "path" && p.Name == strings.TrimSuffix(name, "}") && p.Enum != nil {
			return slices.Contains(p.Enum, any(path[strings.LastIndexByte(path, '.')+1:]))
		}
	}
	return true
}

func fits(template, parts []string) (fixed int, ok bool) {
	if len(parts) < len(template) || len(parts) > len(template) && !strings.HasPrefix(template[len(template)-1], "{") {
		return 0, false
	}
	for i, want := range template {
		before, rest, variable := strings.Cut(want, "{")
		_, after, _ := strings.Cut(rest, "}")
		switch {
		case !variable && want != parts[i]:
			return 0, false
		case !variable:
			fixed += 2
		case !strings.HasPrefix(parts[i], before):
			return 0, false
		case after != "" && !strings.Contains(parts[i], strings.TrimSuffix(strings.Split(after, "{")[0], "}")):
			return 0, false
		case after != "":
			fixed++
		}
	}
	return fixed, true
}

func (d description) problems(op *operation, r fault.Request) (list []string) {
	known := map[string]parameter{}
	body := ""
	for _, p := range op.Parameters {
		switch p.In {
		case "query":
			known[p.Name] = p
			if p.Required && !r.Query.Has(p.Name) {
				list = append(list, "lacks "+p.Name)
			}
		case "body":
			body = strings.TrimPrefix(p.Schema.Ref, "#/definitions/")
		}
	}
	for name, values := range r.Query {
		p, ok := known[name]
		if !ok && !slices.Contains(undescribed[op.ID], name) {
			list = append(list, "takes no "+name)
		}
		for _, v := range values {
			if p.Enum != nil && !slices.Contains(p.Enum, any(v)) {
				list = append(list, fmt.Sprintf("%s=%s is none of %v", name, v, p.Enum))
			}
		}
	}
	if len(r.Body) == 0 {
		return list
	}
	var members map[string]any
	if err := json.Unmarshal(r.Body, &members); err != nil || r.Cut {
		return append(list, "has a body that is no object")
	}
	for name := range members {
		if _, ok := d.Definitions[body].Properties[name]; !ok && !slices.Contains(undescribed[op.ID], name) {
			list = append(list, "has no "+name+" in "+body)
		}
	}
	return list
}

func TestContractFits(t *testing.T) {
	d := description{Paths: map[string]map[string]operation{
		"/a/{x}/c": {"get": {ID: "var"}}, "/a/b/c": {"get": {ID: "fixed"}}, "/f/{path}": {"get": {ID: "path"}}, "/p/{i}.{t}": {"get": {ID: "diff", Parameters: []parameter{{Name: "t", In: "path", Enum: []any{"diff", "patch"}}}}}, "/p/{i}": {"get": {ID: "one"}},
	}}
	for path, want := range map[string]string{"/a/b/c": "fixed", "/a/z/c": "var", "/f/x/y": "path", "/p/7.diff": "diff", "/p/7": "one", "/p/v1.2.0": "one", "/a/b": ""} {
		got := ""
		if _, op := d.find(http.MethodGet, path); op != nil {
			got = op.ID
		}
		if got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	r := fault.Request{Query: url.Values{"a": {"1"}, "s": {"z"}}, Body: []byte(`{"x":1,"y":2}`)}
	d.Definitions = map[string]struct{ Properties map[string]any }{"T": {map[string]any{"x": 1}}}
	op := operation{Parameters: []parameter{{Name: "s", In: "query", Enum: []any{"o"}}, {Name: "need", In: "query", Required: true}, {In: "body"}}}
	op.Parameters[2].Schema.Ref = "#/definitions/T"
	if got := d.problems(&op, r); len(got) != 4 {
		t.Errorf("problems are %q", got)
	}
}
