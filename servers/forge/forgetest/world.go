package forgetest

import (
	"cmp"
	"encoding/json"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge"
)

// World is a server with all its toolsets, and its forge.
type World struct {
	Nouns forge.Nouns
	Call  Caller // as the author of changes
	// Review calls the same server as somebody else: who made a change may not
	// refuse it. Nil: Call.
	Review Caller
	// ReadOnly calls the same server run with --read-only. Nil: not tested.
	ReadOnly Caller
	// Mutations is how many requests that may change something have reached the
	// forge from the server of ReadOnly.
	Mutations func() int
	MaxPage   int // most records of a page; 0: 50
	Forge     Forge
	CI        CI     // nil: no runs can be made, and why is in NoCI
	NoCI      string // the reason
}

func (w World) most() int { return cmp.Or(w.MaxPage, 50) }

// Caller calls a tool.
type Caller func(t testing.TB, tool string, args map[string]any) Result

// Result is what a tool answered.
type Result struct {
	Text       string
	Structured json.RawMessage
	IsError    bool
}

// Forge reads and prepares a forge without the tools. Its methods fail the test
// when they cannot.
type Forge interface {
	NewRepo(t testing.TB, name string) (repo string) // with a README.md on main
	Label(t testing.TB, repo, name string)
	Milestone(t testing.TB, repo, title string)
	Issue(t testing.TB, repo, title, body string) (number int)
	Comment(t testing.TB, repo string, number int, body string)

	File(t testing.TB, repo, ref, path string) string // empty if there is none
	Head(t testing.TB, repo, ref string) string       // empty if there is none
	GetIssue(t testing.TB, repo string, number int) IssueState
	GetPull(t testing.TB, repo string, number int) PullState
	Reviews(t testing.TB, repo string, number int) []string // states, the oldest first
	LineComments(t testing.TB, repo string, number int) []CommentState
	GetRelease(t testing.TB, repo, tag string) ReleaseState
}

// CI makes runs.
type CI interface {
	// Workflow is a file that makes a run of one job with these steps for each
	// push, and by hand.
	Workflow(steps ...string) (path, content string)
	// Play waits for a run that has not begun, of the head of a branch or one
	// that was asked for, and lets it go as the steps say.
	Play(t testing.TB, repo, branch string, steps []StepState) (runID int64)
}

// IssueState is an issue as the forge itself says.
type IssueState struct {
	Title, Body, State, Milestone string
	Labels, Assignees, Comments   []string
}

// PullState is a pull request as the forge itself says. State: open, closed or merged.
type PullState struct{ Title, State, Head, Base, MergeSHA string }

// CommentState is a comment at a line.
type CommentState struct {
	Path     string
	Line     int
	Body     string
	Resolved bool
}

// ReleaseState is a release.
type ReleaseState struct{ Name, Body, SHA string }

// StepState is how a step of a job goes.
type StepState struct {
	Name   string
	Failed bool
	Log    []string
}

// must calls a tool that has to succeed.
func must(t testing.TB, call Caller, tool string, args map[string]any) Result {
	t.Helper()
	r := call(t, tool, args)
	if r.IsError {
		t.Fatalf("%s %v: %s", tool, args, r.Text)
	}
	return r
}

// decode calls a tool that has to succeed and reads its structured content.
func decode[T any](t testing.TB, call Caller, tool string, args map[string]any) (out T) {
	t.Helper()
	r := must(t, call, tool, args)
	if err := json.Unmarshal(r.Structured, &out); err != nil {
		t.Fatalf("%s: %v: %s", tool, err, r.Structured)
	}
	return out
}

// refused calls a tool that has to fail with code.
func refused(t testing.TB, call Caller, tool string, args map[string]any, code string, words ...string) {
	t.Helper()
	r := call(t, tool, args)
	if !r.IsError || !strings.HasPrefix(r.Text, "ERROR "+code+":") {
		t.Errorf("%s %v: error %v, %.300s\nwant an error %s", tool, args, r.IsError, r.Text, code)
	}
	has(t, tool, r.Text, words...)
}

func has(t testing.TB, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s has no %q:\n%.1500s", what, word, text)
		}
	}
}

// args is name, value, name, value.
func args(pairs ...any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}
