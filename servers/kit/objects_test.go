package kit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

type editArg struct {
	Find  string `arg:"find,required,raw"`
	Count int    `arg:"count" default:"1" min:"0"`
}

type changeArg struct {
	Path   string    `arg:"path,required"`
	Action string    `arg:"action" enum:"create,update" default:"update"`
	Edits  []editArg `arg:"edits"`
}

type objectsArgs struct {
	Repo    string      `arg:"repo,required"`
	Changes []changeArg `arg:"changes,required"`
}

func objectsServer() *kit.Server {
	def := kit.Def{Name: "get_objects", Title: "Get objects", Description: "x", Hints: kit.ReadLocal}
	return &kit.Server{Name: "t", Version: "1", Tools: []kit.Tool{kit.NewTool(def, func(_ context.Context, a objectsArgs) (*kit.Result, error) {
		return kit.Payload(nil, fmt.Sprintf("%s %+v", a.Repo, a.Changes)), nil
	})}}
}

func TestListsOfObjects(t *testing.T) {
	c := kittest.Connect(t, objectsServer())
	for _, tc := range []struct{ args, want string }{
		{`{"repo":"a/b","changes":[{"path":"x"},{"path":"y","action":"CREATE","edits":[{"find":" z\n","count":"2"}]}]}`,
			"a/b [{Path:x Action:update Edits:[]} {Path:y Action:create Edits:[{Find: z\n Count:2}]}]"},
		{`{"owner":"a","repo":"b","changes":{"path":"x"}}`, "a/b [{Path:x"},
		{`{"repo":"a/b","changes":"[{\"path\":\"x\"}]"}`, "a/b [{Path:x"},
		{`{"repo":"a/b","changes":{"path":"x","edits":{"find":"f"}}}`, "Edits:[{Find:f Count:1}]"},
	} {
		if got := c.MustText("get_objects", json.RawMessage(tc.args)); !strings.Contains(got, tc.want) {
			t.Errorf("%s\n got %s\nwant %s", tc.args, got, tc.want)
		}
	}
	for _, tc := range []struct{ args, want string }{
		{`{"repo":"a/b","changes":[]}`, `argument "changes" is required`},
		{`{"repo":"a/b","changes":["x"]}`, `want a list of objects, got "x" at 0`},
		{`{"repo":"a/b","changes":"x"}`, `want a list of objects, got "x"`},
		{`{"repo":"a/b","changes":[{"path":"x"},{"acton":"create"}]}`, `argument "changes": [1]: argument "path" is required; [1]: unknown argument "acton", did you mean "action"?; each takes path (required), action, edits`},
		{`{"repo":"a/b","changes":[{"path":"x","edits":[{"count":-1}]}]}`, `[0]: argument "edits": [0]: argument "count": -1 is too small`},
		{`{"owner":"a","changes":[{"path":"x"}]}`, `unknown argument "owner"`},
	} {
		if got := c.MustFail("get_objects", json.RawMessage(tc.args), kit.InvalidArgument); !strings.Contains(got, tc.want) {
			t.Errorf("%s\n got %s\nwant %s", tc.args, got, tc.want)
		}
	}
	list := string(c.Do("tools/list", map[string]any{}))
	if want := `"changes":{"items":{"additionalProperties":false,`; !strings.Contains(list, `"changes"`) || !strings.Contains(list, `"edits"`) {
		t.Errorf("the schema is %s, want %s", list, want)
	}
}

func TestClamp(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{`{"per_page":100}`, "0 50"}, {`{"per_page":100,"page":3}`, "100 50"}, {`{"per_page":20,"page":3}`, "40 20"},
	} {
		def := kit.Def{Name: "list_x", Title: "x", Description: "x", Hints: kit.ReadLocal}
		s := &kit.Server{Name: "t", Version: "1", Tools: []kit.Tool{kit.NewTool(def, func(_ context.Context, a struct{ kit.Paging }) (*kit.Result, error) {
			return kit.Payload(nil, fmt.Sprint(a.Clamp(50).Window())), nil
		})}}
		if got := kittest.Connect(t, s).MustText("list_x", json.RawMessage(tc.args)); !strings.Contains(got, tc.want) {
			t.Errorf("%s: %s, want %s", tc.args, got, tc.want)
		}
	}
}
