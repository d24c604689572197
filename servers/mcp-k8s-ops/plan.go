package main

import (
	"context"
	"fmt"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/confirm"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/change"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// report is what every tool that acts answers. Of a dry run it says what would be.
type report struct {
	Context      string       `json:"context"`
	Target       string       `json:"target,omitempty"`
	DryRun       bool         `json:"dry_run"`
	Changed      bool         `json:"changed"`
	Before       any          `json:"before,omitempty"`
	After        any          `json:"after,omitempty"`
	Details      any          `json:"details,omitempty"`
	Warnings     []string     `json:"warnings,omitempty"`
	ApprovedBy   kit.Approval `json:"approved_by,omitempty"`
	Confirm      string       `json:"confirm,omitempty"`
	ConfirmUntil string       `json:"confirm_until,omitempty"`
	Next         string       `json:"next,omitempty"`
}

// seen is an object as a plan was made from it: all of it but the status. The
// version is not in it: that of a workload in trouble changes with each pod that
// crashes, and then is no time to plan for ever. The write itself is for the
// version that the acting call has read and found to say the same. What a plan
// shows or hangs on besides, the tool adds to its [step].
type seen struct {
	Target string    `json:"target"`
	UID    types.UID `json:"uid"` // empty: it was not there
	Sum    string    `json:"sum"`
}

func seenOf(t target, u *unstructured.Unstructured) seen {
	if u == nil {
		return seen{Target: t.String()}
	}
	return seen{t.String(), u.GetUID(), change.Sum(u.Object)}
}

// step is one call of a tool that plans first.
type step struct {
	tool     string
	args     any // what the caller chose, without the two below
	seen     any
	dryRun   *bool
	confirm  string
	question string // for the user
}

// decide reports whether the call is to act: when it brings the token of its
// plan, and the user, if there is one to ask, says yes. It spends the token.
func (o *ops) decide(ctx context.Context, s *session, st step) (act bool, by kit.Approval, err error) {
	switch {
	case st.dryRun != nil && *st.dryRun, st.confirm == "" && st.dryRun == nil:
		return false, "", nil
	case st.confirm == "":
		return false, "", kit.Errorf(kit.ConfirmationRequired, "%s with dry_run=false needs the confirm of its plan", st.tool).
			WithHint("call it without dry_run, read the plan, and repeat the call with confirm")
	}
	action := o.action(s, st)
	if err := o.tokens.Check(st.confirm, action); err != nil {
		return false, "", err
	}
	by, err = kit.Approve(ctx, st.question+"\nCluster: "+s.Context)
	if err != nil {
		return false, "", err
	}
	return true, by, o.tokens.Spend(st.confirm, action)
}

func (o *ops) action(s *session, st step) confirm.Action {
	return confirm.Action{Tool: st.tool, Args: []any{s.Context, st.args}, Seen: st.seen}
}

// planned is the report of a call that does not act, with the token for one that does.
func (o *ops) planned(s *session, st step, r report) report {
	r.Context, r.DryRun = s.Context, true
	r.Confirm = o.tokens.Token(o.action(s, st))
	r.ConfirmUntil = kit.FormatTime(o.now().Add(confirm.Life).Truncate(time.Second))
	r.Next = "read the plan, then repeat the call with confirm"
	r.Warnings = append(r.Warnings, s.warnings.list()...)
	return r
}

// done is the report of a call that acted.
func (s *session) done(by kit.Approval, r report) report {
	r.Context, r.ApprovedBy = s.Context, by
	r.Warnings = append(r.Warnings, s.warnings.list()...)
	return r
}

// result is an answer. How it was made, others wrote in part.
func result(r report, body string) *kit.Result {
	return kit.Payload(r, body).Narrow("raise max_bytes, or do it in smaller parts").Untrusted()
}

// clip keeps the text that goes with a change that was made short: nobody
// calls again to read on.
func clip(text string) string {
	const most = 6 << 10
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && text[cut-1] != '\n' {
		cut--
	}
	return text[:cut] + fmt.Sprintf("[%d bytes more were in the plan]\n", len(text)-cut)
}

var (
	writes      = kit.Hints{ReadOnly: kit.No, Destructive: kit.No, Idempotent: kit.Yes, OpenWorld: kit.No}
	writesAgain = kit.Hints{ReadOnly: kit.No, Destructive: kit.No, Idempotent: kit.No, OpenWorld: kit.No}
	destroys    = kit.Hints{ReadOnly: kit.No, Destructive: kit.Yes, Idempotent: kit.Yes, OpenWorld: kit.No}
	destroysNot = kit.Hints{ReadOnly: kit.No, Destructive: kit.Yes, Idempotent: kit.No, OpenWorld: kit.No}
)
