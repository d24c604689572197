package joblog

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

const actions = "2026-11-01T10:00:00.1000000Z ⭐ Run Main actions/checkout\n" +
	"2026-11-01T10:00:01.0000000Z \x1b[32mok\x1b[0m fetched\n" +
	"2026-11-01T10:00:02.0000000Z ⭐ Run Main go test ./...\n" +
	"2026-11-01T10:00:03.0000000Z ##[group]setup\r\n" +
	"2026-11-01T10:00:03.1000000Z 10%\r50%\r100%\n" +
	"2026-11-01T10:00:03.2000000Z ##[endgroup]\n" +
	"2026-11-01T10:00:04.0000000Z === RUN   TestLogin\n" +
	"2026-11-01T10:00:04.1000000Z     login_test.go:12: got 401, want 200\n" +
	"2026-11-01T10:00:04.2000000Z --- FAIL: TestLogin (0.00s)\n" +
	"2026-11-01T10:00:04.3000000Z FAIL\tacme/login\t0.1s\n" +
	"2026-11-01T10:00:05.0000000Z ##[error]Process completed with exit code 1.\n"

func TestActions(t *testing.T) {
	list := Parse(actions, false)
	if len(list) != 11 || list[1].Text != "ok fetched" || list[4].Text != "100%" || list[3].Text != "setup" || !list[10].Error {
		t.Fatalf("parsed %+v", list)
	}
	step := Between(list, "go test ./...", time.Time{}, time.Time{}, time.Time{})
	if len(step) != 9 {
		t.Errorf("the step has %d lines", len(step))
	}
	text := Text(Block(step, 30), false, nil)
	if !strings.Contains(text, "got 401, want 200") || !strings.Contains(text, "exit code 1") || strings.Contains(text, "fetched") {
		t.Errorf("the block is\n%s", text)
	}
	if cause := Cause(Block(step, 30)); !strings.HasPrefix(cause, "--- FAIL: TestLogin") {
		t.Errorf("the cause is %q", cause)
	}
}

// TestBetween: runners are late with lines. What is stamped after the end of a step, and
// before the next one began, is of that step.
func TestBetween(t *testing.T) {
	at := func(second int) time.Time { // 0: none
		if second == 0 {
			return time.Time{}
		}
		return time.Date(2026, 11, 1, 10, 0, second, 0, time.UTC)
	}
	var list []Line
	for tenth := 10; tenth < 100; tenth += 5 {
		list = append(list, Line{Number: tenth, Time: at(1).Add(time.Duration(tenth-10) * time.Second / 10)})
	}
	for name, tc := range map[string]struct{ from, to, next, first, last int }{
		"the next follows at once":     {2, 4, 5, 20, 45},
		"the next is late":             {2, 4, 7, 20, 65},
		"in the same second":           {2, 4, 4, 20, 45},
		"the last":                     {2, 4, 0, 20, 95},
		"it still runs":                {2, 0, 0, 20, 95},
		"it did not say that it ended": {2, 0, 5, 20, 45},
		"it did not begin":             {0, 4, 5, 0, 0},
	} {
		got := Between(list, "unknown", at(tc.from), at(tc.to), at(tc.next))
		if tc.last == 0 {
			if got != nil {
				t.Errorf("%s: %v", name, got)
			}
			continue
		}
		if len(got) == 0 || got[0].Number != tc.first || got[len(got)-1].Number != tc.last {
			t.Errorf("%s: %v, want %d to %d", name, got, tc.first, tc.last)
		}
	}
}

func TestGitLab(t *testing.T) {
	raw := "section_start:1700000000:prepare_script\r\x1b[0K\x1b[0KPreparing\nfine\nsection_end:1700000001:prepare_script\r\x1b[0K\n" +
		"section_start:1700000001:step_script[collapsed=true]\r\x1b[0K$ make test\nmain.c:3:1: error: expected ';'\nERROR: Job failed: exit code 1\n"
	list := Parse(raw, false)
	step := Between(list, "step_script", time.Time{}, time.Time{}, time.Time{})
	if text := Text(step, false, nil); !strings.HasPrefix(text, "$ make test\nmain.c:3:1: error") || strings.Contains(text, "section_") {
		t.Errorf("the step is %q", text)
	}
	if cause := Cause(Block(step, 30)); cause != "main.c:3:1: error: expected ';'" {
		t.Errorf("the cause is %q", cause)
	}
}

func TestBlock(t *testing.T) {
	for name, tc := range map[string]struct{ log, first, last string }{
		"nothing says error":     {"a\nb\nc", "a", "c"},
		"only the runner":        {"a\nb\nProcess completed with exit code 2", "a", "Process completed with exit code 2"},
		"no errors is no error":  {"x\nfatal: no such ref\n" + strings.Repeat("y\n", 40) + "0 errors", "x", "y"},
		"a traceback is whole":   {"start\nTraceback (most recent call last):\n  File a\n  File b\nValueError: no\nafter", "start", "after"},
		"the last of two blocks": {"error: first\n" + strings.Repeat("y\n", 40) + "w\nz\nerror: second", "w", "error: second"},
	} {
		block := Block(Parse(tc.log, false), 30)
		if len(block) == 0 || block[0].Text != tc.first || block[len(block)-1].Text != tc.last || len(block) > 30 {
			t.Errorf("%s: %q", name, Text(block, true, nil))
		}
	}
}

func TestMatch(t *testing.T) {
	list := Parse("a\nb\nhit 1\nc\nd\ne\nhit 2", false)
	shown, hits := Match(list, regexp.MustCompile("hit"), 1)
	if text := Text(shown, true, hits); text != "2-b\n3:hit 1\n4-c\n--\n6-e\n7:hit 2\n" {
		t.Errorf("got %q", text)
	}
	secret := Parse("Authorization: Bearer abcdefgh12345678", false)
	if _, hits := Match(secret, regexp.MustCompile("Bearer a"), 0); len(hits) != 0 {
		t.Error("what is not shown was found")
	}
	if _, hits := Match(secret, regexp.MustCompile("Authorization: "), 0); len(hits) != 1 {
		t.Error("a line that hides something was not found")
	}
	if list := Parse("half\nwhole", true); len(list) != 1 || list[0].Text != "whole" {
		t.Errorf("after a cut: %+v", list)
	}
	if Parse("", false) != nil {
		t.Error("an empty log has lines")
	}
}

// FuzzParse: no bytes of a log do harm.
func FuzzParse(f *testing.F) {
	f.Add(actions, true)
	f.Add("section_start:1:x\rsection_end:1:x\r", false)
	f.Fuzz(func(t *testing.T, raw string, skipped bool) {
		list := Parse(raw, skipped)
		Block(list, 30)
		for _, line := range list {
			if strings.ContainsAny(line.Text, "\x1b\n\r\u200b\u202e") {
				t.Errorf("%q has what is hidden", line.Text)
			}
		}
	})
}
