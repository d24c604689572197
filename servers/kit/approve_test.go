package kit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/mark3labs/mcp-go/mcp"
)

// dangerous has a tool that asks before it counts. question may change.
func dangerous(question func() string) (s *kit.Server, done *int) {
	done = new(int)
	type answer struct {
		Approval kit.Approval `json:"approval"`
	}
	return &kit.Server{Name: "mcp-test", Instructions: "test", Tools: []kit.Tool{
		kit.NewTool(kit.Def{Name: "delete_x", Title: "X", Description: "x", Output: answer{}}, func(ctx context.Context, _ struct{}) (*kit.Result, error) {
			approval, err := kit.Approve(ctx, question())
			if err != nil {
				return nil, err
			}
			*done++
			return kit.Record(answer{approval}), nil
		}),
	}}, done
}

func TestApproveByUser(t *testing.T) {
	for action, want := range map[string]struct {
		code kit.Code
		done int
	}{"accept": {"", 1}, "decline": {kit.PermissionDenied, 0}, "cancel": {kit.Cancelled, 0}, "perhaps": {kit.Cancelled, 0}} {
		s, done := dangerous(func() string { return "Delete x? token ghp_abcdefghijklmnop1234" })
		var asked []string
		c := kittest.ConnectUser(t, s, func(question string) string { asked = append(asked, question); return action })
		if want.code == "" {
			if text := c.MustText("delete_x", nil); !strings.Contains(text, "approval: user") {
				t.Errorf("%s: %s", action, text)
			}
		} else {
			c.MustFail("delete_x", nil, want.code)
		}
		if *done != want.done || len(asked) != 1 || !strings.HasPrefix(asked[0], "Delete x?") || strings.Contains(asked[0], "ghp_") {
			t.Errorf("%s: done %d times, asked %q", action, *done, asked)
		}
	}
}

func TestApproveWithoutUser(t *testing.T) {
	s, done := dangerous(func() string { return "Delete x?" })
	if text := kittest.Connect(t, s).MustText("delete_x", nil); !strings.Contains(text, "approval: not asked") || *done != 1 {
		t.Errorf("without a user: %s, done %d times", text, *done)
	}
}

// TestApproveChanges: what the user approved is not what would be done.
func TestApproveChanges(t *testing.T) {
	n := 0
	s, done := dangerous(func() string { n++; return fmt.Sprint("Delete ", n) })
	c := kittest.ConnectUser(t, s, func(string) string { return "accept" })
	c.MustFail("delete_x", nil, kit.Conflict)
	if *done != 0 {
		t.Errorf("done %d times", *done)
	}
}

// TestApproveModern: the question is the answer to the call, which comes again
// with what the user said.
func TestApproveModern(t *testing.T) {
	s, done := dangerous(func() string { return "Delete x?" })
	c := kittest.Connect(t, s)
	call := func(capabilities, more map[string]any) (result struct {
		ResultType, RequestState string
		IsError                  bool
		InputRequests            map[string]struct {
			Method string
			Params struct{ Message string }
		}
		StructuredContent struct{ Approval string }
	}) {
		params := map[string]any{"name": "delete_x", "arguments": map[string]any{}, "_meta": map[string]any{
			mcp.MetaKeyProtocolVersion:    mcp.LATEST_PROTOCOL_VERSION,
			mcp.MetaKeyClientInfo:         map[string]any{"name": "x", "version": "1"},
			mcp.MetaKeyClientCapabilities: capabilities,
		}}
		for k, v := range more {
			params[k] = v
		}
		if err := json.Unmarshal(c.Do("tools/call", params), &result); err != nil {
			t.Fatal(err)
		}
		return result
	}
	can := map[string]any{"elicitation": map[string]any{"form": map[string]any{}}}
	asked := call(can, nil)
	if asked.ResultType != "input_required" || asked.InputRequests["approve"].Params.Message != "Delete x?" || *done != 0 {
		t.Fatalf("the first call gives %+v, done %d times", asked, *done)
	}
	yes := map[string]any{"approve": map[string]any{"action": "accept", "content": map[string]any{}}}
	if again := call(can, map[string]any{"inputResponses": yes, "requestState": "of another question"}); again.ResultType != "input_required" || *done != 0 {
		t.Errorf("an answer to another question gives %+v, done %d times", again, *done)
	}
	if r := call(can, map[string]any{"inputResponses": yes, "requestState": asked.RequestState}); r.StructuredContent.Approval != "user" || *done != 1 {
		t.Errorf("the answer gives %+v, done %d times", r, *done)
	}
	if r := call(map[string]any{}, nil); r.StructuredContent.Approval != "not asked" || *done != 2 {
		t.Errorf("a client that cannot ask gets %+v, done %d times", r, *done)
	}
}
