package kit_test

import (
	"context"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

type fieldsArgs struct {
	kit.Paging
	kit.Fields
}

func TestFields(t *testing.T) {
	type meta struct {
		Name string `json:"name"`
	}
	type pod struct {
		Meta  meta   `json:"metadata"`
		Phase string `json:"phase"`
		Dots  string `json:"a.b"`
		Extra string `json:"extra,omitempty"`
	}
	c := kittest.Connect(t, &kit.Server{Name: "t", Version: "1", Tools: []kit.Tool{kit.NewTool(
		kit.Def{Name: "list_pods", Hints: kit.ReadLocal, ListName: "pods", PerPage: 2},
		func(_ context.Context, a fieldsArgs) (*kit.Result, error) {
			pods := []pod{{meta{"one"}, "Running", "x", ""}, {meta{"two"}, "Pending", "y", ""}, {meta{"three"}, "Failed", "z", ""}}
			for i := range pods {
				if a.Wants("extra") {
					pods[i].Extra = "more"
				}
			}
			return kit.Records[pod](nil, kit.Slice(a.Paging, pods)), nil
		})}})
	for _, tc := range []struct {
		fields any
		want   string
	}{
		{nil, "metadata\tphase\ta.b\nname=one\tRunning\tx\n"},
		{"phase,metadata.name", "pods:\nphase\tmetadata.name\nRunning\tone\nPending\ttwo\n"},
		{[]string{"a.b"}, "pods:\na.b\nx\ny\n"},
		{[]string{"extra", "phase"}, "pods:\nextra\tphase\nmore\tRunning\n"},
		{[]string{"phase", "fase"}, "missing_fields: fase\nfields: metadata, phase, a.b\npods:\nphase\nRunning\n"},
	} {
		if text := c.MustText("list_pods", map[string]any{"fields": tc.fields}); !strings.Contains(text, tc.want) {
			t.Errorf("%v: %q, want %q", tc.fields, text, tc.want)
		}
	}
	// The next page keeps them.
	text := c.MustText("list_pods", map[string]any{"fields": "phase", "page": 2})
	if !strings.Contains(text, "pods:\nphase\nFailed\n") {
		t.Error(text)
	}
}
