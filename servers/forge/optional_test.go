package forge_test

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// plain is a forge with nothing that is optional.
type plain struct{ forge.Backend }

func TestOptionalTools(t *testing.T) {
	tools := []string{"get_blame", "check_ci_config", "get_test_report", "query_graphql"}
	for name, tc := range map[string]struct {
		change func(*forge.Options)
		want   string
	}{
		"all":     {nil, "get_blame check_ci_config get_test_report query_graphql"},
		"none":    {func(o *forge.Options) { o.Backends[""] = plain{o.Backends[""]} }, ""},
		"limited": {func(o *forge.Options) { o.Allowed = []string{"ann/*"} }, "get_blame check_ci_config get_test_report"},
	} {
		o, _ := options(tc.change)
		list := string(connect(t, o).Do("tools/list", map[string]any{}))
		var got []string
		for _, tool := range tools {
			if strings.Contains(list, `"`+tool+`"`) {
				got = append(got, tool)
			}
		}
		if text := strings.Join(got, " "); text != tc.want {
			t.Errorf("%s: %s, want %s", name, text, tc.want)
		}
	}
}

func TestBlame(t *testing.T) {
	o, f := options(nil)
	f.Fill("ann/many", 3, "text")
	c := connect(t, o)
	c.MustText("commit_files", map[string]any{"repo": "ann/many", "branch": "main", "message": "six lines", "changes": map[string]any{"path": "six", "action": "create", "content": "1\n2\n3\n4\n5\n6\n"}})
	var page struct {
		Ranges []struct{ Lines, Subject string }
	}
	c.MustStruct("get_blame", map[string]any{"repo": "ann/many", "path": "six", "start_line": 5}, &page)
	if len(page.Ranges) != 2 || page.Ranges[0].Lines != "5" || page.Ranges[0].Subject != "six lines" {
		t.Errorf("blame is %+v", page)
	}
	c.MustFail("get_blame", map[string]any{"repo": "ann/many", "path": "six", "start_line": 7}, kit.InvalidArgument)
	if text := c.MustFail("get_blame", map[string]any{"repo": "ann/many", "path": "sax"}, kit.NotFound); !strings.Contains(text, "did you mean six?") {
		t.Error(text)
	}
}

func TestCheckConfig(t *testing.T) {
	o, _ := options(nil)
	c := connect(t, o)
	var got struct {
		Valid    bool
		Merged   string
		Problems []struct{ Text string }
		Warnings []string
	}
	c.MustStruct("check_ci_config", map[string]any{"repo": "ann/web", "content": "  steps: []\n"}, &got)
	if !got.Valid || got.Merged != "  steps: []\n" || len(got.Problems) != 0 {
		t.Errorf("%+v", got)
	}
	c.MustStruct("check_ci_config", map[string]any{"repo": "ann/web", "path": "README.md"}, &got)
	if got.Valid || len(got.Problems) != 1 {
		t.Errorf("%+v", got)
	}
	c.MustStruct("check_ci_config", map[string]any{"repo": "ann/web", "content": "steps " + strings.Repeat("x", 30_000)}, &got)
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "merged_from=") {
		t.Errorf("%v", got.Warnings)
	}
}

// TestQueryOnlyReads: what is no query does not leave the server.
func TestQueryOnlyReads(t *testing.T) {
	o, _ := options(nil)
	c := connect(t, o)
	for document, code := range map[string]kit.Code{
		"mutation{addStar(input:{starrableId:\"x\"}){clientMutationId}}": kit.PermissionDenied,
		"query a{viewer{login}} mutation b{x}":                           kit.PermissionDenied,
		"subscription{x}":                                                kit.PermissionDenied,
		"# query\nmutation # {\n m { x }":                                kit.PermissionDenied,
		"fragment f on User{login}":                                      kit.InvalidArgument,
		"query a{x} query b{y}":                                          kit.InvalidArgument,
		"{viewer{login}":                                                 kit.InvalidArgument,
		"query{" + strings.Repeat("a ", 20_000) + "}":                    kit.InvalidArgument,
		"{nothing}": kit.InvalidArgument,
		"query($text:String=\"mutation{x}\"){search(query:$text){count}}x": kit.InvalidArgument,
	} {
		c.MustFail("query_graphql", map[string]any{"query": document}, code)
	}
	c.MustFail("query_graphql", map[string]any{"query": "{a}", "variables": "[1]"}, kit.InvalidArgument)
	text := c.MustText("query_graphql", map[string]any{"query": "query($n:Int!){a(first:$n) # mutation\n}", "variables": map[string]any{"n": 5}})
	if !strings.Contains(text, `"with":{"n":5}`) || !strings.Contains(text, "a part is missing") {
		t.Error(text)
	}
}

func TestTestReport(t *testing.T) {
	o, f := options(nil)
	f.Fill("ann/many", 1, strings.Repeat("line\n", 30))
	c := connect(t, o)
	var got struct {
		Summary string
		Tests   []struct{ Name, Output string }
	}
	c.MustStruct("get_test_report", map[string]any{"repo": "ann/many", "run_id": 1}, &got)
	if got.Summary != "1 test: 0 passed, 1 failed, 0 with errors, 0 skipped in 1m30s" || len(got.Tests) != 1 || strings.Count(got.Tests[0].Output, "\n") != 12 {
		t.Errorf("%+v", got)
	}
	c.MustStruct("get_test_report", map[string]any{"repo": "ann/many", "run_id": 1, "status": "skipped"}, &got)
	if len(got.Tests) != 0 {
		t.Errorf("%+v", got)
	}
	c.MustFail("get_test_report", map[string]any{"repo": "ann/many", "run_id": 9}, kit.NotFound)
}
