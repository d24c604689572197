package registry

import (
	"errors"
	"strings"
	"testing"
)

func TestRemove(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"the only one", "version: 1\nservers:\n  a:\n    command: x\n", "version: 1\nservers:\n"},
		{"with its comment", "servers:\n  # of b\n  b: {command: y}\n\n  # of a\n  a: # more\n    command: x\n    # end of a\n\n  # of c\n  c: {command: z}\n", "servers:\n  # of b\n  b: {command: y}\n\n\n  # of c\n  c: {command: z}\n"},
		{"a comment of all", "servers:\n  # all of mine\n  a: {command: x}\n  b: {command: y}\n", "servers:\n  # all of mine\n  b: {command: y}\n"},
		{"the last, no line end", "servers:\n  b: {command: y}\n  a:\n    command: x", "servers:\n  b: {command: y}\n"},
		{"in braces", "servers: {b: {command: y}, a: {command: x, args: [\"1,}\", '2']}}\n", "servers: {b: {command: y}}\n"},
		{"first in braces", "servers: {a: {command: x}, b: {command: y}} # one\n", "servers: {b: {command: y}} # one\n"},
		{"JSON", `{"servers": {"a": {"command": "x"}, "b": {"command": "y"}}}`, `{"servers": {"b": {"command": "y"}}}`},
		{"CRLF", "servers:\r\n  a:\r\n    command: x\r\n  b: {command: y}\r\n", "servers:\r\n  b: {command: y}\r\n"},
		{"a block of text", "servers:\n  a:\n    command: x\n    description: |\n      # text\n\n      more\n  b: {command: y}\n", "servers:\n  b: {command: y}\n"},
	} {
		got, change, err := Remove(editPath, []byte(tc.in), "a", false)
		if err != nil || string(got) != tc.want || change.None() {
			t.Errorf("%s: %v\n got %q\nwant %q", tc.name, err, got, tc.want)
		}
	}
}

func TestRemoveWhatIsNamed(t *testing.T) {
	in := "servers:\n  a: {command: x}\n  b: {command: y}\nprofiles:\n  work:\n    servers: [a, b]\n    deny:\n      - a__delete # never\n      - b__x\nclients:\n  codex: {deny: [\"a__*\", b__y]}\n"
	_, _, err := Remove("r.yaml", []byte(in), "a", false)
	var used *InUseError
	if !errors.As(err, &used) || len(used.Uses) != 3 || !strings.Contains(err.Error(), `r.yaml:8:9: profile work: deny: "a__delete"`) {
		t.Fatalf("%v", err)
	}
	got, _, err := Remove("r.yaml", []byte(in), "a", true)
	want := "servers:\n  b: {command: y}\nprofiles:\n  work:\n    servers: [b]\n    deny:\n      # never\n      - b__x\nclients:\n  codex: {deny: [b__y]}\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %q\nwant %q", err, got, want)
	}
	if _, _, err := Remove("r.yaml", []byte(in), "c", false); err == nil {
		t.Error("an unknown one was removed")
	}
}
