package registry

import (
	"bytes"
	"testing"
)

func TestAdd(t *testing.T) {
	entry := New{Command: "npx", Args: []string{"-y", "@x/server", "a: b, #c"}, Env: []EnvVar{{"TOKEN", "${secret:a-token}"}, {"NUM", "1"}}, Share: ShareGlobal}
	const block = "  a:\n    command: npx\n    args: [\"-y\", \"@x/server\", \"a: b, #c\"]\n    share: global\n    env:\n      TOKEN: \"${secret:a-token}\"\n      NUM: \"1\"\n"
	for _, tc := range []struct{ name, in, want string }{
		{"nothing", "", "version: 1\nservers:\n" + block},
		{"others", "servers:\n  b: {command: y} # b\n# end\n", "servers:\n  b: {command: y} # b\n" + block + "# end\n"},
		{"no line end", "servers:\n  b: {command: y}", "servers:\n  b: {command: y}\n" + block[:len(block)-1]},
		{"empty", "servers: {}\n", "servers:\n" + block},
		{"in braces", "servers: {b: {command: y}}\n", "servers: {a: {command: npx, args: [\"-y\", \"@x/server\", \"a: b, #c\"], share: global, env: {TOKEN: \"${secret:a-token}\", NUM: \"1\"}}, b: {command: y}}\n"},
		{"CRLF", "servers:\r\n  b: {command: y}\r\n", "servers:\r\n  b: {command: y}\r\n" + string(bytes.ReplaceAll([]byte(block), []byte("\n"), []byte("\r\n")))},
		{"JSON", `{"servers": {"b": {"command": "y"}}}`, `{"servers": {"a": {"command": "npx", "args": ["-y", "@x/server", "a: b, #c"], "share": "global", "env": {"TOKEN": "${secret:a-token}", "NUM": "1"}}, "b": {"command": "y"}}}`},
	} {
		got, change, err := Add([]byte(tc.in), "a", entry)
		if err != nil || string(got) != tc.want || change.None() {
			t.Errorf("%s: %v\n got %q\nwant %q", tc.name, err, got, tc.want)
			continue
		}
		if back, _, err := Remove(editPath, got, "a", false); err != nil || tc.in != "" && tc.name != "empty" && tc.name != "no line end" && string(back) != tc.in {
			t.Errorf("%s: and removed: %v, %q", tc.name, err, back)
		}
	}
	if _, _, err := Add([]byte("servers: {a: {command: x}}"), "a", entry); err == nil {
		t.Error("one that was there was added")
	}
	if _, _, err := Add(nil, "A b", entry); err == nil {
		t.Error("a bad name was taken")
	}
	if _, _, err := Add(nil, "a", New{Command: "x", URL: "https://x"}); err == nil {
		t.Error("an entry of two kinds was taken")
	}
}

// FuzzAdd: whatever the texts are, the entry that is read again says the same.
func FuzzAdd(f *testing.F) {
	f.Add("npx", "-y", "TOKEN", "v", "text # x")
	f.Add("a b", "", "_", "\"'\\", "ü\u2028")
	f.Fuzz(func(t *testing.T, command, arg, name, value, description string) {
		entry := New{Command: command, Args: []string{arg}, Env: []EnvVar{{name, value}}, Description: description}
		for _, in := range []string{"servers:\n  b: {command: y}\n", "servers: {b: {command: y}}"} {
			after, _, err := Add([]byte(in), "a", entry)
			if err != nil {
				continue
			}
			r, err := ParseLayer(editPath, after)
			if err != nil {
				t.Fatal(err)
			}
			if !entry.is(r, "a") {
				t.Fatalf("%+v is %+v in\n%s", entry, r.Servers, after)
			}
		}
	})
}
