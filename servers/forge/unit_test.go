package forge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge/joblog"
	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
)

func TestApplyEdits(t *testing.T) {
	for name, tc := range map[string]struct {
		content string
		edits   []editArg
		want    string // of the content, or of the error
	}{
		"one":              {"a b c", []editArg{{"b", "x", 1}}, "a x c"},
		"one after other":  {"a b c", []editArg{{"b", "x", 1}, {"x c", "y", 1}}, "a y"},
		"remove":           {"a b c", []editArg{{" b", "", 1}}, "a c"},
		"all":              {"a a a", []editArg{{"a", "b", 0}}, "b b b"},
		"as many":          {"a a", []editArg{{"a", "b", 2}}, "b b"},
		"too many":         {"a\na", []editArg{{"a", "b", 1}}, "!2 times, not 1: lines 1, 2"},
		"none":             {"func Status() int {\n", []editArg{{"func Status() string {", "", 1}}, "!edit 1 is not there"},
		"nothing to find":  {"a", []editArg{{"", "b", 0}}, "!nothing to find"},
		"newlines of DOS":  {"a\r\nb\r\n", []editArg{{"a\nb", "c\nd", 1}}, "c\r\nd\r\n"},
		"grows, not again": {"a", []editArg{{"a", "aa", 1}}, "aa"},
	} {
		got, err := applyEdits("f", tc.content, tc.edits)
		if want, bad := strings.CutPrefix(tc.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		} else if err != nil || got != tc.want {
			t.Errorf("%s: %q %v, want %q", name, got, err, tc.want)
		}
	}
	_, err := applyEdits("f", "x\nfunc Status() int {\n", []editArg{{"func Status() string {", "", 1}})
	if e, ok := err.(*kit.Error); !ok || !strings.Contains(e.Hint, `line 2 is "func Status() int {"`) {
		t.Errorf("the hint is of %v", err)
	}
}

func TestGlobs(t *testing.T) {
	for _, tc := range []struct {
		glob, path string
		want       bool
	}{
		{"*.go", "a.go", true}, {"*.go", "x/y/a.go", true}, {"cmd/*", "cmd/a", true}, {"cmd/*", "cmd/a/b", true}, {"/cmd/*.go", "cmd/a.go", true},
		{"cmd/*.go", "x/cmd/a.go", false}, {"**/cmd/*.go", "x/cmd/a.go", true}, {"vendor", "vendor/x/y", true}, {"vendor", "a/vendor/y", true},
		{"a?c", "abc", true}, {"a?c", "a/c", false}, {"./docs/", "docs/x.md", true}, {"a+b", "a+b", true}, {"a+b", "aab", false},
	} {
		g, err := newGlobs([]string{tc.glob})
		if err != nil || (g.match(tc.path) != "") != tc.want {
			t.Errorf("%s fits %s: want %v (%v)", tc.glob, tc.path, tc.want, err)
		}
	}
}

func TestNames(t *testing.T) {
	for ref, ok := range map[string]bool{
		"main": true, "fix/login-2": true, "v1.0.0": true, "4f2a9c1": true, "a..b": false, "-x": false, "a b": false, "a:b": false, "x~1": false, "@{1}": false,
		"a\x00": false, "/a": false, "a/": false, "a.lock": false, "ünï": true, "HEAD^": false, "a*": false,
	} {
		if err := refName("ref", ref); (err == nil) != ok {
			t.Errorf("%q: %v", ref, err)
		}
	}
	gh, gl := &forge{}, &forge{Options: Options{Features: Features{RepoPath: true}}}
	for repo, want := range map[string][2]bool{
		"a/b": {true, true}, "a/b.git": {true, true}, "a": {false, false}, "a/b/c": {false, true}, "12": {false, true}, "a/..": {false, false}, "a//b": {false, false},
		"a/b?x=1": {false, false}, "a/%2e%2e": {false, false}, "/a/b/": {true, true}, "a/b#c": {false, false},
	} {
		_, err1 := gh.repo(repo)
		_, err2 := gl.repo(repo)
		if (err1 == nil) != want[0] || (err2 == nil) != want[1] {
			t.Errorf("%q: %v, %v, want %v", repo, err1, err2, want)
		}
	}
	for path, ok := range map[string]bool{"a/b": true, "./a": true, "/a": true, "../a": false, "a/../b": false, ".git/config": false, "a/.GIT/x": false, ".github/x": true, "a//b": false, "": true, "a\nb": false} {
		if _, err := filePath(path); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// A hunk is never cut, and one that is larger than an answer comes alone.
func TestDiffPieces(t *testing.T) {
	hunk := func(n, lines int) patch.Hunk {
		h := patch.Hunk{Header: fmt.Sprintf("@@ -%d,0 +%d,%d @@", n, n, lines), NewStart: n}
		for i := range lines {
			h.Lines = append(h.Lines, fmt.Sprintf("+line %d of hunk %d, which has some text in it", i, n))
		}
		return h
	}
	files := []patch.File{
		{Path: "small", Status: "changed", Hunks: []patch.Hunk{hunk(1, 3)}},
		{Path: "many", Status: "changed", Hunks: []patch.Hunk{hunk(2, 300), hunk(3, 300), hunk(4, 300)}},
		{Path: "huge", Status: "changed", Hunks: []patch.Hunk{hunk(5, 2000)}},
		{Path: "moved", Old: "was", Status: "renamed"},
		{Path: "b.png", Status: "added", Binary: true},
		{Path: "last", Status: "changed", Hunks: []patch.Hunk{hunk(6, 1)}},
	}
	q := diffQuery{tool: "t", key: "k", context: -1}
	var pieces []string
	for {
		text, meta, err := q.render(files)
		if err != nil {
			t.Fatal(err)
		}
		if len(pieces) > 0 && strings.Contains(text, "status\t+") {
			t.Error("the table comes again")
		}
		pieces = append(pieces, text)
		if meta.NextArgs == nil {
			break
		}
		q.resume = meta.NextArgs["resume"].(string)
	}
	whole := strings.Join(pieces, "")
	for n, lines := range map[int]int{1: 3, 2: 300, 3: 300, 4: 300, 5: 2000, 6: 1} {
		if got := strings.Count(whole, fmt.Sprintf("of hunk %d,", n)); got != lines {
			t.Errorf("hunk %d has %d lines, want %d", n, got, lines)
		}
		in := 0
		for _, piece := range pieces {
			if strings.Contains(piece, fmt.Sprintf("of hunk %d,", n)) {
				in++
			}
		}
		if in != 1 {
			t.Errorf("hunk %d is in %d pieces", n, in)
		}
	}
	for _, want := range []string{"=== was -> moved (renamed", "b.png\tadded\t0\t0\tbinary", "=== many (changed, +0 -0) (goes on)"} {
		if !strings.Contains(whole, want) {
			t.Errorf("there is no %q in\n%.2000s", want, whole)
		}
	}
	q.key = "other"
	if _, _, err := q.render(files); err == nil {
		t.Error("a piece of other commits was taken")
	}
}

func TestDecisions(t *testing.T) {
	say := func(list ...string) (reviews []Review) {
		for i := 0; i < len(list); i += 2 {
			reviews = append(reviews, Review{Author: list[i], State: list[i+1]})
		}
		return reviews
	}
	for _, tc := range []struct {
		reviews []Review
		asked   []string
		want    string
		count   int
	}{
		{nil, nil, "", 0}, {nil, []string{"a"}, "review_required", 0},
		{say("a", "approved"), nil, "approved", 1},
		{say("a", "changes_requested", "a", "approved"), nil, "approved", 1},
		{say("a", "approved", "b", "changes_requested"), nil, "changes_requested", 1},
		{say("a", "approved", "a", "commented"), nil, "approved", 1},
		{say("a", "approved", "a", "dismissed"), nil, "", 0},
		{say("a", "approved", "a", "approved"), nil, "approved", 1},
	} {
		if got := decision(tc.reviews, tc.asked); got != tc.want || approvals(tc.reviews) != tc.count {
			t.Errorf("%v: %q and %d approvals, want %q and %d", tc.reviews, got, approvals(tc.reviews), tc.want, tc.count)
		}
	}
}

func TestBlockers(t *testing.T) {
	yes, no := true, false
	st := pullState{
		rules: &Rules{Approvals: 2, RequiredChecks: []string{"build", "lint", "ci/*"}}, gotChecks: true, gotReview: true,
		checks: []Check{{Name: "build", State: "failure"}, {Name: "other", State: "failure"}}, reviews: []Review{{Author: "a", State: "approved"}},
	}
	st.markRequired()
	got := strings.Join(st.blockers(Pull{State: "open", Mergeable: &yes}), "; ")
	if want := "required check build is failure; required check lint is pending; has 1 approval of 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (&pullState{}).blockers(Pull{State: "merged"}); len(got) != 1 {
		t.Errorf("merged: %q", got)
	}
	if got := (&pullState{}).blockers(Pull{State: "open", Mergeable: &no, Base: "main"}); len(got) != 1 || !strings.Contains(got[0], "conflicts with main") {
		t.Errorf("conflict: %q", got)
	}
	if got := (&pullState{}).blockers(Pull{State: "open", Mergeable: &no, Draft: true}); len(got) != 1 || got[0] != "it is a draft" {
		t.Errorf("draft: %q", got)
	}
}

func TestHistory(t *testing.T) {
	run := func(id int64, sha, status string) Run {
		return Run{ID: id, SHA: sha, Status: status, Workflow: "ci.yml"}
	}
	other := Run{ID: 6, SHA: "x", Status: "success", Workflow: "lint.yml"}
	runs := []Run{run(9, "d", "success"), run(8, "c", "failure"), run(7, "b", "cancelled"), other, run(5, "b", "failure"), run(4, "a", "success"), run(3, "z", "failure")}
	good, bad := around(runs[1], runs)
	if good == nil || good.ID != 4 || bad.ID != 5 {
		t.Errorf("good %+v, bad %+v", good, bad)
	}
	if good, _ := around(run(3, "z", "failure"), runs); good != nil {
		t.Errorf("good %+v", good)
	}
	for _, tc := range []struct {
		run  Run
		runs []Run
		want string
	}{
		{run(8, "c", "failure"), runs, ""},
		{run(8, "c", "failure"), []Run{run(9, "c", "success")}, "likely: the same commit passed in 1 other run"},
		{run(8, "c", "failure"), []Run{run(9, "c", "failure")}, "unlikely: the same commit failed in 1 other run too"},
		{Run{ID: 1, Attempt: 2}, nil, "unlikely: it failed again in attempt 2"},
	} {
		if got := flaky(tc.run, tc.runs); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.run, got, tc.want)
		}
	}
	list := suspects(Comparison{Files: []ChangedFile{{Path: "docs/a.md"}, {Path: "src/parser.go"}, {Path: "calc/calc.go"}, {Path: "web/app_test.go"}}},
		[]failureRow{{Log: "calc/calc.go:7: bad\n--- FAIL: TestParser", Cause: "x"}})
	if len(list) != 2 || list[0].Path != "calc/calc.go" || list[1].Path != "src/parser.go" {
		t.Errorf("suspects %+v", list)
	}
}

// TestBodyPartKeepsNoHalf: a credential across the border of two parts is in
// neither.
func TestBodyPartKeepsNoHalf(t *testing.T) {
	const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
	for before := bodyRoom - len(token); before <= bodyRoom; before += 5 {
		body := strings.Repeat("x", before-1) + " " + token + " " + strings.Repeat("y", 100)
		first, hints := bodyPart(body, 0)
		second := ""
		if hints != nil {
			second, _ = bodyPart(body, len(first))
		}
		if all := first + second; strings.Contains(all, "ghp_0") || strings.Contains(all, "wxyz") || !strings.HasSuffix(all, "y") {
			t.Errorf("after %d: %q, %q", before, first[len(first)-60:], second)
		}
	}
}

// TestExplainLate: the error of a step that a runner wrote after its end, and before the
// next one began, is of that step; one that was skipped meanwhile ends nothing.
func TestExplainLate(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 11, 1, 10, 0, second, 0, time.UTC) }
	job := Job{Steps: []Step{
		{Number: 1, Name: "checkout", Status: "success", Started: at(1), Finished: at(2)},
		{Number: 2, Name: "test", Status: "failure", Started: at(3), Finished: at(4)},
		{Number: 3, Name: "deploy", Status: "skipped", Started: at(4), Finished: at(4)},
		{Number: 4, Name: "clean", Status: "success", Started: at(8), Finished: at(9)},
	}}
	raw := "2026-11-01T10:00:01.0000000Z error: of the checkout\n2026-11-01T10:00:03.0000000Z building\n2026-11-01T10:00:06.5000000Z --- FAIL: TestLate\n" +
		"2026-11-01T10:00:08.5000000Z error: of the cleaning\n"
	var row failureRow
	explain(&row, job, RawLog{Text: []byte(raw)})
	if row.Cause != "--- FAIL: TestLate" || row.Lines != "2-3 of 4" {
		t.Errorf("it failed of %q, lines %s", row.Cause, row.Lines)
	}
	list := joblog.Parse(raw, false)
	for step, want := range map[string]int{"checkout": 1, "2": 2, "clean": 1, "deploy": -1} {
		got, _, err := stepLines(list, job, step)
		if want < 0 && (err == nil || !strings.Contains(err.Error(), "was skipped")) || want >= 0 && (err != nil || len(got) != want) {
			t.Errorf("step %s: %d lines, %v", step, len(got), err)
		}
	}
}
