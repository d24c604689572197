package confirm_test

import (
	"errors"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/confirm"
)

func TestTokens(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tokens := confirm.New(func() time.Time { return now })
	plan := confirm.Action{Tool: "delete_x", Args: map[string]any{"name": "a", "n": 1}, Seen: "sha1"}
	token := tokens.Token(plan)
	if err := tokens.Check(token, plan); err != nil {
		t.Errorf("a good token: %v", err)
	}
	other := func(change func(*confirm.Action)) confirm.Action { a := plan; change(&a); return a }
	for name, tc := range map[string]struct {
		tokens *confirm.Tokens
		token  string
		action confirm.Action
		after  time.Duration
		code   kit.Code
	}{
		"other tool":    {tokens, token, other(func(a *confirm.Action) { a.Tool = "delete_y" }), 0, kit.ConfirmationRequired},
		"other args":    {tokens, token, other(func(a *confirm.Action) { a.Args = map[string]any{"name": "b", "n": 1} }), 0, kit.ConfirmationRequired},
		"other process": {confirm.New(func() time.Time { return now }), token, plan, 0, kit.ConfirmationRequired},
		"changed":       {tokens, token, other(func(a *confirm.Action) { a.Seen = "sha2" }), 0, kit.Conflict},
		"late":          {tokens, token, plan, confirm.Life + time.Second, kit.ConfirmationRequired},
		"in time":       {tokens, token, plan, confirm.Life, ""},
		"nothing":       {tokens, "", plan, 0, kit.ConfirmationRequired},
		"guessed":       {tokens, "yes", plan, 0, kit.ConfirmationRequired},
		"longer":        {tokens, token + "AAAA", plan, 0, kit.ConfirmationRequired},
	} {
		now = time.Unix(1_800_000_000, 0).Add(tc.after)
		err := tc.tokens.Check(tc.token, tc.action)
		var e *kit.Error
		if errors.As(err, &e); tc.code == "" && err != nil || tc.code != "" && (e == nil || e.Code != tc.code || e.Hint == "") {
			t.Errorf("%s: %v, want %q", name, err, tc.code)
		}
	}
}

func TestSpend(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tokens := confirm.New(func() time.Time { return now })
	a := confirm.Action{Tool: "delete_x", Args: "a", Seen: 1}
	first, second := tokens.Token(a), tokens.Token(a)
	other := a
	other.Args = "b"
	for i, step := range []struct {
		token string
		a     confirm.Action
		ok    bool
	}{{first, other, false}, {first, a, true}, {first, a, false}, {first[:9] + "\n" + first[9:], a, false}, {second, a, true}, {second, a, false}} {
		if err := tokens.Spend(step.token, step.a); (err == nil) != step.ok {
			t.Errorf("step %d: %v", i, err)
		}
	}
	now = now.Add(confirm.Life + time.Minute)
	if err := tokens.Spend(tokens.Token(a), a); err != nil {
		t.Error(err)
	}
	if err := tokens.Spend(first, a); err == nil {
		t.Error("a token that is spent and old is taken")
	}
}
