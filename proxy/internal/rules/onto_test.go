package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnto(t *testing.T) {
	fresh := object(t, []byte(`{"command": "loom", "args": ["proxy"], "tools": {"a__x": {"approval_mode": "approve"}}}`))
	there := object(t, []byte(`{"command": "old", "disabled_tools": ["a__y"], "default_tools_approval_mode": "approve", "tools": {"b__x": {"approval_mode": "prompt"}, "c__x": {"approval_mode": "approve"}}}`))
	got := Onto(fresh, Own("codex", there))
	want := object(t, []byte(`{"command": "loom", "args": ["proxy"], "tools": {"a__x": {"approval_mode": "approve"}, "b__x": {"approval_mode": "prompt"}}, "disabled_tools": ["a__y"]}`))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want, Onto(got, Own("codex", got))); diff != "" {
		t.Errorf("once more (-want +got):\n%s", diff)
	}
	if own := Own("claude", there); own != nil {
		t.Errorf("claude: %v", own)
	}
	if got := Onto(fresh, nil); !cmp.Equal(got, fresh) {
		t.Errorf("nothing more: %v", got)
	}
}
