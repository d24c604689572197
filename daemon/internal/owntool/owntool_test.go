package owntool

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
)

type definition struct {
	Name, Title, Description string
	InputSchema              struct {
		Type       string
		Properties map[string]struct{ Type string }
		Required   []string
	}
	Annotations struct {
		ReadOnlyHint, DestructiveHint *bool
	}
}

func parse(t *testing.T, tool catalog.Tool) definition {
	t.Helper()
	if _, err := jsonrpc.Scan(tool.Raw); err != nil {
		t.Fatalf("%s: %v", tool.Name, err)
	}
	var d definition
	if err := json.Unmarshal(tool.Raw, &d); err != nil {
		t.Fatalf("%s: %v", tool.Name, err)
	}
	return d
}

func TestDefinitions(t *testing.T) {
	reads := map[string]bool{"status": true, "read_result": true, "search_tools": true, "call_read_tool": true, "call_tool": false}
	for _, tool := range slices.Concat(Always, Search) {
		d := parse(t, tool)
		want, ok := reads[tool.Name]
		delete(reads, tool.Name)
		if !ok || d.Name != tool.Name || d.Description == "" || d.Title == "" || d.InputSchema.Type != "object" || d.InputSchema.Properties == nil {
			t.Errorf("%s: %+v", tool.Name, d)
		}
		if a := d.Annotations; a.ReadOnlyHint == nil || *a.ReadOnlyHint != want || a.DestructiveHint == nil || *a.DestructiveHint == want {
			t.Errorf("%s: wrong hints: %s", tool.Name, tool.Raw)
		}
	}
	if len(reads) != 0 {
		t.Errorf("missing: %v", reads)
	}
}

func TestWhatIsAlwaysThereIsSmall(t *testing.T) {
	chars := 0
	for _, tool := range Always {
		chars += len(loomrpc.ServerPrefix) + len("__") + len(tool.Raw) + len(",")
	}
	if tokens := (chars + 3) / 4; tokens > 400 {
		t.Errorf("status and read_result are %d tokens, at most 400 are promised", tokens)
	}
}

// TestSchemasSayWhatIsDecoded gives every property of a schema to the function
// that reads it, and one that is none.
func TestSchemasSayWhatIsDecoded(t *testing.T) {
	values := map[string]string{"string": `"x"`, "integer": `7`, "object": `{"a":1}`}
	for _, tc := range []struct {
		tool   catalog.Tool
		decode func([]byte) error
	}{
		{ReadResult, func(raw []byte) error { _, err := DecodeRead(raw); return err }},
		{SearchTools, func(raw []byte) error { _, err := DecodeSearch(raw); return err }},
		{CallReadTool, func(raw []byte) error { _, err := DecodeCall("call_read_tool", raw); return err }},
		{CallTool, func(raw []byte) error { _, err := DecodeCall("call_tool", raw); return err }},
	} {
		d := parse(t, tc.tool)
		var members []string
		for _, name := range slices.Sorted(maps.Keys(d.InputSchema.Properties)) {
			members = append(members, `"`+name+`":`+values[d.InputSchema.Properties[name].Type])
		}
		if err := tc.decode([]byte("{" + strings.Join(members, ",") + "}")); err != nil {
			t.Errorf("%s: %v", tc.tool.Name, err)
		}
		err := tc.decode([]byte("{" + strings.Join(append(members, `"odd":1`), ",") + "}"))
		if err == nil || !strings.Contains(err.Error(), `unknown argument "odd"`) {
			t.Errorf("%s: %v", tc.tool.Name, err)
			continue
		}
		for name := range d.InputSchema.Properties {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %q does not name %s", tc.tool.Name, err, name)
			}
		}
		for _, name := range d.InputSchema.Required {
			if err := tc.decode(nil); err == nil || !strings.Contains(err.Error(), name+" is missing") {
				t.Errorf("%s without %s: %v", tc.tool.Name, name, err)
			}
		}
	}
}

func TestDecodeRead(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want ReadArguments
		err  string
	}{
		{` {"id":"ab","offset":65536} `, ReadArguments{"ab", 65536}, ""},
		{`{"id":"ab"}`, ReadArguments{"ab", 0}, ""},
		{`{"id":"ab","offset":null}`, ReadArguments{"ab", 0}, ""},
		{`{"id":"ab","offset":"12"}`, ReadArguments{"ab", 12}, ""},
		{`{"id":"ab","offset":1.2e1}`, ReadArguments{"ab", 12}, ""},
		{`{"id":"ab","offset":-1}`, ReadArguments{}, "offset must be at least 0, not -1"},
		{`{"id":"ab","offset":1.5}`, ReadArguments{}, "offset must be a whole number, not 1.5"},
		{`{"id":"ab","offset":"NaN"}`, ReadArguments{}, `offset must be a whole number, not "NaN"`},
		{`{"id":"ab","offset":1e300}`, ReadArguments{}, `offset must be a whole number`},
		{`{"id":"ab","offset":[1]}`, ReadArguments{}, `offset must be a whole number, not [1]`},
		{`{"id":7}`, ReadArguments{}, "id must be a string, not a number"},
		{`{}`, ReadArguments{}, "loom__read_result: id is missing"},
		{``, ReadArguments{}, "id is missing"},
		{`null`, ReadArguments{}, "id is missing"},
		{`["ab"]`, ReadArguments{}, "arguments must be an object, not a list"},
		{`"{}"`, ReadArguments{}, "arguments must be an object, not a string"},
	} {
		got, err := DecodeRead([]byte(tc.in))
		check(t, tc.in, err, tc.err)
		if err == nil && got != tc.want {
			t.Errorf("%s: %+v", tc.in, got)
		}
	}
}

func TestDecodeSearch(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want SearchArguments
		err  string
	}{
		{`{"query":" pod logs "}`, SearchArguments{"pod logs", 8, ""}, ""},
		{`{"query":"x","limit":50,"server":"git"}`, SearchArguments{"x", 50, "git"}, ""},
		{`{"server":"git"}`, SearchArguments{"", 8, "git"}, ""},
		{`{"query":"x","limit":51}`, SearchArguments{}, "limit must be from 1 to 50, not 51"},
		{`{"query":"x","limit":0}`, SearchArguments{}, "limit must be from 1 to 50, not 0"},
		{`{"query":["x"]}`, SearchArguments{}, "query must be a string, not a list"},
		{`{"query":"  "}`, SearchArguments{}, "query is missing"},
		{`{"q":"x"}`, SearchArguments{}, `loom__search_tools: unknown argument "q"; it takes query, limit, server`},
	} {
		got, err := DecodeSearch([]byte(tc.in))
		check(t, tc.in, err, tc.err)
		if err == nil && got != tc.want {
			t.Errorf("%s: %+v", tc.in, got)
		}
	}
}

func TestDecodeCall(t *testing.T) {
	for _, tc := range []struct{ in, name, arguments, err string }{
		{`{"arguments": { "a" : 9007199254740993,"b":"<\u00e9>"},"name":"git__log"}`, "git__log", `{ "a" : 9007199254740993,"b":"<\u00e9>"}`, ""},
		{`{"name":"git__log"}`, "git__log", `{}`, ""},
		{`{"name":"git__log","arguments":null}`, "git__log", `{}`, ""},
		{`{"name":"git__log","arguments":"{}"}`, "", "", "arguments must be an object with the arguments of the tool that is called, not a string"},
		{`{"arguments":{}}`, "", "", "loom__call_tool: name is missing: the name of a tool that loom__search_tools found"},
		{`{"name":"git__log","repo":"x"}`, "", "", `unknown argument "repo"; it takes name, arguments`},
		{`{"name":true}`, "", "", "name must be a string, not true or false"},
	} {
		got, err := DecodeCall("call_tool", []byte(tc.in))
		check(t, tc.in, err, tc.err)
		if err == nil && (got.Name != tc.name || string(got.Arguments) != tc.arguments) {
			t.Errorf("%s: %s %s", tc.in, got.Name, got.Arguments)
		}
	}
}

func check(t *testing.T, in string, err error, want string) {
	t.Helper()
	if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %v, want %q", in, err, want)
	}
	var argument *ArgumentError
	if err != nil && !errors.As(err, &argument) {
		t.Errorf("%s: %T", in, err)
	}
}

func TestSearchResult(t *testing.T) {
	hits := []Found{
		{"git__log", []byte(`{"name":"log","title":"Log","description":"Commits of a branch,\n newest <first>.\n\nMore.","inputSchema":{ "type": "object", "properties": {"n":{"maximum":9007199254740993}} },"annotations":{"readOnlyHint":true,"x-odd":[1e999]},"outputSchema":{"type":"object" },"_meta":{"a":1}}`)},
		{"k8s-ops__delete_pod", []byte(` {"name":"delete_pod","inputSchema":{"type":"object"},"annotations":{"title":"Delete","readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":false},"title":"Delete a pod"}`)},
		{"x__bare", []byte(`{"name":"bare","description":"` + strings.Repeat("é", 200) + `"}`)},
	}
	raw := SearchResult(Answer{Hits: hits, More: 12, Servers: []Server{{Name: "git"}}})
	golden.Check(t, "found.txt", shown(t, raw))
	for _, exact := range []string{`{ "type": "object", "properties": {"n":{"maximum":9007199254740993}} }`, `{"readOnlyHint":true,"x-odd":[1e999]}`, `{"type":"object" }`, `"Commits of a branch,\n newest <first>.\n\nMore."`} {
		if !strings.Contains(string(raw), exact) {
			t.Errorf("%s is not there as it was written", exact)
		}
	}
	golden.Check(t, "nothing.txt", shown(t, SearchResult(Answer{Servers: []Server{{"git", "Local repositories"}, {"loki", ""}}})))
	golden.Check(t, "no_servers.txt", shown(t, SearchResult(Answer{})))
}

func shown(t *testing.T, raw []byte) []byte {
	t.Helper()
	frame := jsonrpc.NewResult([]byte("1"), raw)
	if _, err := jsonrpc.Scan(frame); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	var text struct{ Content []struct{ Text string } }
	if err := json.Unmarshal(raw, &text); err != nil && !strings.Contains(err.Error(), "number") {
		t.Fatal(err)
	}
	return []byte(text.Content[0].Text + "---\n" + string(raw) + "\n")
}

func TestErrorResult(t *testing.T) {
	got := string(ErrorResult(&ArgumentError{"say \"why\"\n"}))
	if want := `{"content":[{"type":"text","text":"say \"why\"\n"}],"isError":true}`; got != want {
		t.Errorf("got %s", got)
	}
}
