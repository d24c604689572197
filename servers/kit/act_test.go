package kit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// TestOnce: what a tool that acts leaves out of its answer has no cursor.
func TestOnce(t *testing.T) {
	n := 0
	s := &kit.Server{Name: "mcp-test", Instructions: "test", Tools: []kit.Tool{
		kit.NewTool(kit.Def{Name: "run_x", Title: "X", Description: "x", Once: true}, func(context.Context, struct{}) (*kit.Result, error) {
			n++
			return kit.Payload(nil, strings.Repeat("a line\n", 10_000)), nil
		}),
	}}
	c := kittest.Connect(t, s)
	text := c.MustText("run_x", nil)
	if !strings.Contains(text, `"truncated":true`) || strings.Contains(text, "cursor") || n != 1 {
		t.Errorf("ran %d times: %.300s", n, text)
	}
	c.MustFail("run_x", map[string]any{"cursor": "x"}, kit.InvalidArgument)
}

func TestObjectsAndNulls(t *testing.T) {
	type args struct {
		Patch  string             `arg:"patch,json"`
		Labels map[string]*string `arg:"labels"`
	}
	s := &kit.Server{Name: "mcp-test", Instructions: "test", Tools: []kit.Tool{
		kit.NewTool(kit.Def{Name: "patch_x", Title: "X", Description: "x", Once: true}, func(_ context.Context, a args) (*kit.Result, error) {
			labels := make(map[string]string)
			for name, value := range a.Labels {
				if labels[name] = "null"; value != nil {
					labels[name] = fmt.Sprintf("%q", *value)
				}
			}
			return kit.Payload(nil, fmt.Sprint(a.Patch, " ", labels)), nil
		}),
	}}
	c := kittest.Connect(t, s)
	for _, tc := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"patch": map[string]any{"n": 12345678901234567}, "labels": map[string]any{"a": nil, "b": "", "c": 1}}, `{"n":12345678901234567} map[a:null b:"" c:"1"]`},
		{map[string]any{"patch": []any{map[string]any{"op": "test"}}, "labels": "a=b"}, `[{"op":"test"}] map[a:"b"]`},
		{map[string]any{"patch": " {}\n", "labels": `{"a":null}`}, " {}\n map[a:null]"},
	} {
		if text := c.MustText("patch_x", tc.args); !strings.HasSuffix(text, tc.want) {
			t.Errorf("%v gives %q, want %q", tc.args, text, tc.want)
		}
	}
}
