package configfile

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var entry = Object{{"command", "/bin/loom"}, {"args", []any{"proxy", "--client", "x"}}}

// edits are cases that all formats have: what a text is after Set and after
// Remove of the same path.
type edit struct {
	name, before, set, removed string // removed is of before; empty: the path is not there
}

func checkEdits(t *testing.T, format Format, path []string, cases []edit) {
	t.Helper()
	for _, tc := range cases {
		f, err := Parse(format, []byte(tc.before))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		splices, err := f.Set(path, entry)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		after := Apply([]byte(tc.before), splices)
		if diff := cmp.Diff(tc.set, string(after)); diff != "" {
			t.Errorf("%s: set (-want +got):\n%s", tc.name, diff)
		}
		if back := Apply(after, Inverse([]byte(tc.before), splices)); string(back) != tc.before {
			t.Errorf("%s: undone: %q", tc.name, back)
		}
		checkHas(t, format, tc.name, after, path, entry)
		splices, err = f.Remove(path)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		want := tc.removed
		if want == "" {
			want = tc.before
		}
		if diff := cmp.Diff(want, string(Apply([]byte(tc.before), splices))); diff != "" {
			t.Errorf("%s: removed (-want +got):\n%s", tc.name, diff)
		}
	}
}

func checkHas(t *testing.T, format Format, name string, data []byte, path []string, want any) {
	t.Helper()
	f, err := Parse(format, data)
	if err != nil {
		t.Errorf("%s: what was written: %v\n%s", name, err, data)
		return
	}
	entries, _, err := f.Entries(path[:len(path)-1]...)
	if err != nil {
		t.Errorf("%s: what was written: %v", name, err)
	}
	for _, e := range entries {
		if e.Key == path[len(path)-1] {
			if diff := cmp.Diff(want, e.Value); diff != "" {
				t.Errorf("%s: what was written (-want +got):\n%s", name, diff)
			}
			return
		}
	}
	t.Errorf("%s: it is not there:\n%s", name, data)
}

func TestJSON(t *testing.T) {
	checkEdits(t, JSONC, []string{"m", "loom"}, []edit{
		{name: "nothing", before: "", set: "{\n  \"m\": {\n    \"loom\": {\n      \"command\": \"/bin/loom\",\n      \"args\": [\"proxy\", \"--client\", \"x\"]\n    }\n  }\n}\n"},
		{name: "a comment", before: "// mine", set: "// mine\n{\n  \"m\": {\n    \"loom\": {\n      \"command\": \"/bin/loom\",\n      \"args\": [\"proxy\", \"--client\", \"x\"]\n    }\n  }\n}\n"},
		{name: "empty", before: "{}\n", set: "{\n  \"m\": {\n    \"loom\": {\n      \"command\": \"/bin/loom\",\n      \"args\": [\"proxy\", \"--client\", \"x\"]\n    }\n  }\n}\n"},
		{name: "compact", before: `{"a":1}`, set: `{"a":1,"m":{"loom":{"command":"/bin/loom","args":["proxy","--client","x"]}}}`},
		{name: "compact with it", before: `{"m":{"loom":{},"b":1},"a":1}`, set: `{"m":{"loom":{"command":"/bin/loom","args":["proxy","--client","x"]},"b":1},"a":1}`, removed: `{"m":{"b":1},"a":1}`},
		{name: "others", before: "{\n\t\"m\": {\n\t\t\"a\": {}\n\t}\n}", set: "{\n\t\"m\": {\n\t\t\"a\": {},\n\t\t\"loom\": {\n\t\t\t\"command\": \"/bin/loom\",\n\t\t\t\"args\": [\"proxy\", \"--client\", \"x\"]\n\t\t}\n\t}\n}"},
		{name: "comments", before: "{\n  // all\n  \"m\": {\n    \"a\": 1 // last\n    // end\n  }, // m\n}\n", set: "{\n  // all\n  \"m\": {\n    \"a\": 1, // last\n    // end\n    \"loom\": {\n      \"command\": \"/bin/loom\",\n      \"args\": [\"proxy\", \"--client\", \"x\"]\n    }\n  }, // m\n}\n"},
		{name: "trailing comma", before: "{\r\n  \"m\": {\r\n    \"a\": 1, // one\r\n  },\r\n}\r\n", set: "{\r\n  \"m\": {\r\n    \"a\": 1, // one\r\n    \"loom\": {\r\n      \"command\": \"/bin/loom\",\r\n      \"args\": [\"proxy\", \"--client\", \"x\"]\r\n    },\r\n  },\r\n}\r\n"},
		{name: "mark", before: "\ufeff{\n  \"m\": {\"loom\": {\"x\": 1}}\n}", set: "\ufeff{\n  \"m\": {\"loom\": {\"command\":\"/bin/loom\",\"args\":[\"proxy\",\"--client\",\"x\"]}}\n}", removed: "\ufeff{\n  \"m\": {}\n}"},
		{name: "alone", before: "{\n  \"m\": {\n    \"loom\": 1\n  },\n  \"a\": 1\n}\n", set: "{\n  \"m\": {\n    \"loom\": {\n      \"command\": \"/bin/loom\",\n      \"args\": [\"proxy\", \"--client\", \"x\"]\n    }\n  },\n  \"a\": 1\n}\n", removed: "{\n  \"m\": {},\n  \"a\": 1\n}\n"},
		{name: "alone with a comment", before: "{\n  \"m\": {\n    // mine\n    \"loom\": 1,\n  },\n}\n", set: "{\n  \"m\": {\n    // mine\n    \"loom\": {\n      \"command\": \"/bin/loom\",\n      \"args\": [\"proxy\", \"--client\", \"x\"]\n    },\n  },\n}\n", removed: "{\n  \"m\": {\n    // mine\n  },\n}\n"},
		{name: "first", before: "{\n  \"m\": {\n    // ours\n    \"loom\": 1,\n    \"b\": 2\n  }\n}", set: "{\n  \"m\": {\n    // ours\n    \"loom\": {\n      \"command\": \"/bin/loom\",\n      \"args\": [\"proxy\", \"--client\", \"x\"]\n    },\n    \"b\": 2\n  }\n}", removed: "{\n  \"m\": {\n    // ours\n    \"b\": 2\n  }\n}"},
		{name: "last", before: "{\n  \"m\": {\n    \"a\": 2,\n    \"loom\": 1\n  }\n}", set: "{\n  \"m\": {\n    \"a\": 2,\n    \"loom\": {\n      \"command\": \"/bin/loom\",\n      \"args\": [\"proxy\", \"--client\", \"x\"]\n    }\n  }\n}", removed: "{\n  \"m\": {\n    \"a\": 2\n  }\n}"},
	})
}

func TestJSONRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`{"m": [1]}`:                `1:7: m is no object`,
		"{\n \"m\": {}, \"m\": {}}": `2:11: "m" is given twice; remove one of the two`,
		`[]`:                        `1:1: the file holds no object: {…}`,
		"{\n\"a\": \"s3cr3t\x01\"}": `2:6: neither a text, a number, true, false nor null`,
		`{"a": }`:                   `1:7:`,
		"{\x00}":                    `1:2: a zero byte`,
		strings.Repeat("[", 10000):  `1:5001: over 5000 brackets`,
	} {
		f, err := Parse(JSONC, []byte(in))
		if err == nil {
			_, err = f.Set([]string{"m", "loom"}, entry)
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", in, err, want)
		}
	}
}

// FuzzJSON: what was set is there, everything else is as it was, and undone it is
// the text from before.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"m":{}}`, "{\"m\": {\"a\": 1, // x\n}}", "{\n  \"m\": {\n    \"a\": [1,\n2],\n  },\n}\n", "\ufeff// c\r\n{\r\n}\r\n", `{"m":{"loom":1,/*x*/"b":2,}}`, "{\"m\":{\"a\":1/**/}\n,}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkFuzz(t, JSONC, data) })
}

// checkFuzz leaves to [Change] what it promises: all else is as it was.
func checkFuzz(t *testing.T, format Format, data []byte) {
	path := []string{"m", "loom"}
	f, err := Parse(format, data)
	if err != nil {
		return
	}
	if _, err := f.Set(path, entry); err != nil {
		return
	}
	after, undo, err := Change(format, data, []Edit{{Path: path, Value: entry}})
	if err != nil {
		if shape := (*ShapeError)(nil); !errors.As(err, &shape) {
			t.Fatalf("%q: %v", data, err)
		}
		return
	}
	back := after
	for _, splices := range undo {
		back = Apply(back, splices)
	}
	if string(back) != string(data) {
		t.Fatalf("%q undone is %q", data, back)
	}
	checkHas(t, format, "fuzzed", after, path, entry)
	again, _, err := Change(format, after, []Edit{{Path: path, Value: entry}})
	if err != nil || string(again) != string(after) {
		t.Fatalf("%q set twice: %q, %v", after, again, err)
	}
	if _, _, err = Change(format, after, []Edit{{Path: path, Remove: true}}); err != nil {
		t.Fatalf("%q removed: %v", after, err)
	}
}
