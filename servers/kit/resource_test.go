package kit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/mark3labs/mcp-go/server"
)

type groupArgs struct {
	Group string `arg:"group,required"`
}

type triageArgs struct {
	Query string `arg:"query,required" doc:"what to look at"`
	Since string `arg:"since" default:"1h"`
	Level string `arg:"level" enum:"warn,error"`
}

func attachServer(instances ...string) *kit.Server {
	s := testServer()
	s.Instances = instances
	s.Resources = []kit.Resource{
		kit.NewResource(kit.ResourceDef{URI: "test://rules/{group}", Name: "rules", Title: "Rules", Description: "Rules of a group."},
			func(ctx context.Context, a groupArgs) (*kit.Result, error) {
				switch a.Group {
				case "missing":
					return nil, kit.Errorf(kit.NotFound, "no group %q", a.Group).WithHint("did you mean %q?", "a")
				case "bug":
					panic("a bug")
				case "long":
					return kit.Payload(nil, strings.Repeat("a line\n", 20000)).Narrow("get_text reads the rest"), nil
				case "rows":
					return kit.Records(summary{"memory"}, kit.Slice(kit.Paging{PerPage: 3, Page: 1}, rows(9))).Untrusted(), nil
				case "one":
					return kit.Record(summary{"memory"}), nil
				}
				return kit.Payload(summary{a.Group}, "at "+kit.Instance(ctx)+" glpat-"+strings.Repeat("x1", 10)), nil
			}),
		kit.NewResource(kit.ResourceDef{URI: "test://about", Name: "about", Title: "About", Description: "What this is.", MIMEType: "text/markdown"},
			func(ctx context.Context, _ struct{}) (*kit.Result, error) {
				return kit.Payload(nil, "# about "+kit.Instance(ctx)), nil
			}),
	}
	s.Prompts = []kit.Prompt{kit.NewPrompt(kit.PromptDef{Name: "triage", Title: "Triage", Description: "Finds what is wrong."},
		func(_ context.Context, a triageArgs) (string, error) {
			if a.Query == "bad" {
				return "", kit.Errorf(kit.InvalidArgument, "no")
			}
			return fmt.Sprintf("Look at %s of the last %s, level %q.", a.Query, a.Since, a.Level), nil
		})}
	return s
}

func readResource(t *testing.T, c *kittest.Client, uri string) (text, kind string) {
	t.Helper()
	var r struct {
		Contents []struct{ URI, MIMEType, Text string }
	}
	if err := json.Unmarshal(c.Do("resources/read", map[string]any{"uri": uri}), &r); err != nil || len(r.Contents) != 1 || r.Contents[0].URI != uri {
		t.Fatalf("%s: %v %+v", uri, err, r)
	}
	return r.Contents[0].Text, r.Contents[0].MIMEType
}

func TestResources(t *testing.T) {
	c := kittest.Connect(t, attachServer())
	for _, tc := range []struct{ uri, want string }{
		{"test://rules/a", "{\"source\":\"a\",\"redacted\":1}\nat  [redacted: GitLab token, 26 characters]"},
		{"test://rules/a%2Fb%20c", `{"source":"a/b c"`},
		{"test://rules/rows", "source: memory\nitems:\nname\tn\n"},
		{"test://rules/one", "source: memory\n"},
		{"test://rules/long", "; get_text reads the rest]\n"},
		{"test://about", "# about "},
	} {
		text, kind := readResource(t, c, tc.uri)
		if !strings.Contains(text, tc.want) || len(text) > 32<<10 || kind == "" {
			t.Errorf("%s: %d bytes of %s, %.300q, want %q", tc.uri, len(text), kind, text, tc.want)
		}
		if strings.Contains(text, "cursor") || strings.Contains(text, "next_args") {
			t.Errorf("%s: a resource has no cursor: %.300q", tc.uri, text)
		}
	}
	if raw := string(c.Do("resources/read", map[string]any{"uri": "test://rules/rows"})); !strings.Contains(raw, `"_meta":{"loom/untrusted":true}`) {
		t.Error(raw)
	}
	for uri, want := range map[string]string{
		"test://rules/missing": "ERROR not_found: no group \"missing\"\nHint: did you mean \"a\"?", "test://rules/bug": "ERROR internal:",
		"test://rules/": "argument \"group\" is required", "test://nothing": "not found",
	} {
		if _, e := c.Try("resources/read", map[string]any{"uri": uri}); e == nil || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %v, want %q", uri, e, want)
		}
	}
}

func TestResourcesOfInstances(t *testing.T) {
	c := kittest.Connect(t, attachServer("prod", "staging"))
	for _, tc := range []struct{ uri, want string }{
		{"test://rules/a", "at prod "}, {"test://rules/a?instance=staging", "at staging "},
		{"test://about", "# about prod"}, {"test://about?instance=staging", "# about staging"},
	} {
		if text, _ := readResource(t, c, tc.uri); !strings.Contains(text, tc.want) {
			t.Errorf("%s: %q, want %q", tc.uri, text, tc.want)
		}
	}
	if _, e := c.Try("resources/read", map[string]any{"uri": "test://rules/a?instance=other"}); e == nil || !strings.Contains(e.Message, "prod, staging") {
		t.Errorf("%v", e)
	}
	if list := string(c.Do("prompts/list", nil)); !strings.Contains(list, `"name":"instance"`) {
		t.Error(list)
	}
}

func TestPrompts(t *testing.T) {
	c := kittest.Connect(t, attachServer())
	get := func(args map[string]string) (string, string) {
		raw, e := c.Try("prompts/get", map[string]any{"name": "triage", "arguments": args})
		if e != nil {
			return "", e.Message
		}
		return string(raw), ""
	}
	if text, _ := get(map[string]string{"query": "the api", "level": "ERROR"}); !strings.Contains(text, `"role":"user"`) || !strings.Contains(text, `Look at the api of the last 1h, level \"error\".`) {
		t.Error(text)
	}
	for args, want := range map[string]string{"": `argument "query" is required`, "bad": "ERROR invalid_argument: no"} {
		if _, e := get(map[string]string{"query": args}); !strings.Contains(e, want) {
			t.Errorf("%q: %q, want %q", args, e, want)
		}
	}
	if _, e := get(map[string]string{"query": "x", "sinse": "1h"}); !strings.Contains(e, `did you mean "since"?`) {
		t.Error(e)
	}
}

// Lists, texts and errors in both eras of the protocol.
func TestTranscripts(t *testing.T) {
	kittest.Transcripts(t, func() *server.MCPServer { return attachServer().MCP() })
}
