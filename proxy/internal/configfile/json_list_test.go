package configfile

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// change is Change, undone again.
func change(t *testing.T, before string, edits ...Edit) string {
	t.Helper()
	after, undo, err := Change(JSONC, []byte(before), edits)
	if err != nil {
		t.Errorf("%s: %v", before, err)
		return ""
	}
	back := after
	for _, splices := range undo {
		back = Apply(back, splices)
	}
	if string(back) != before {
		t.Errorf("undone: %q, want %q", back, before)
	}
	return string(after)
}

func TestJSONList(t *testing.T) {
	deny := func(i int) []string { return []string{"p", "deny", strconv.Itoa(i)} }
	set := func(i int, v any) Edit { return Edit{Path: deny(i), Value: v} }
	insert := func(i int, v any) Edit { return Edit{Path: deny(i), Value: v, Insert: true} }
	remove := func(i int) Edit { return Edit{Path: deny(i), Remove: true} }
	lines := "{\n  \"p\": {\n    \"deny\": [\n      \"a\", // of a\n      // of b\n      \"b\",\n      \"c\"\n    ]\n  }\n}\n"
	for _, tc := range []struct {
		name, before string
		edits        []Edit
		want         string
	}{
		{"replaced", lines, []Edit{set(1, "x")}, strings.Replace(lines, `"b"`, `"x"`, 1)},
		{"one becomes two", lines, []Edit{set(1, "x"), insert(2, "y")}, strings.Replace(lines, `"b"`, "\"x\",\n      \"y\"", 1)},
		{"behind a comment", lines, []Edit{insert(1, "x")}, strings.Replace(lines, "// of a\n", "// of a\n      \"x\",\n", 1)},
		{"first", lines, []Edit{insert(0, "x")}, strings.Replace(lines, `"a"`, "\"x\",\n      \"a\"", 1)},
		{"last", lines, []Edit{insert(3, "x")}, strings.Replace(lines, `"c"`, "\"c\",\n      \"x\"", 1)},
		{"set behind the last", lines, []Edit{set(3, "x")}, strings.Replace(lines, `"c"`, "\"c\",\n      \"x\"", 1)},
		{"removed", lines, []Edit{remove(1)}, strings.Replace(lines, "      \"b\",\n", "", 1)},
		{"last removed", lines, []Edit{remove(2)}, strings.Replace(lines, "\"b\",\n      \"c\"\n", "\"b\"\n", 1)},
		{"all removed", `{"p": {"deny": ["a", "b"]}}`, []Edit{remove(0), remove(0)}, `{"p": {"deny": []}}`},
		{"on one line", `{"p": {"deny": ["a", "b"]}}`, []Edit{insert(1, "x"), insert(3, "y")}, `{"p": {"deny": ["a", "x", "b", "y"]}}`},
		{"compact", `{"p":{"deny":["a"]}}`, []Edit{insert(0, "x"), insert(2, "y")}, `{"p":{"deny":["x","a","y"]}}`},
		{"spaced", `{"p": {"deny": ["a"]}}`, []Edit{insert(1, "y")}, `{"p": {"deny": ["a", "y"]}}`},
		{"empty", "{\n  \"p\": {\"deny\": []}\n}", []Edit{insert(0, "x")}, "{\n  \"p\": {\"deny\": [\n    \"x\"\n  ]}\n}"},
		{"trailing comma", "{\"p\": {\n\t\"deny\": [\n\t\t\"a\",\n\t],\n}}", []Edit{insert(1, "x")}, "{\"p\": {\n\t\"deny\": [\n\t\t\"a\",\n\t\t\"x\",\n\t],\n}}"},
		{"crlf", "{\r\n  \"p\": {\r\n    \"deny\": [\r\n      \"a\",\r\n      \"b\"\r\n    ]\r\n  }\r\n}\r\n", []Edit{insert(1, "x")}, "{\r\n  \"p\": {\r\n    \"deny\": [\r\n      \"a\",\r\n      \"x\",\r\n      \"b\"\r\n    ]\r\n  }\r\n}\r\n"},
		{"two on a line", "{\"p\": {\"deny\": [\n  \"a\", \"b\",\n  \"c\"\n]}}", []Edit{insert(1, "x")}, "{\"p\": {\"deny\": [\n  \"a\", \"x\", \"b\",\n  \"c\"\n]}}"},
		{"block comment", "{\"p\": {\"deny\": [\n  \"a\", /* one\n  two */\n  \"b\"\n]}}", []Edit{insert(1, "x")}, "{\"p\": {\"deny\": [\n  \"a\", /* one\n  two */\n  \"x\",\n  \"b\"\n]}}"},
		{"said already", `{"p": {"deny": ["\u0061"]}}`, []Edit{set(0, "a")}, `{"p": {"deny": ["\u0061"]}}`},
	} {
		if got := change(t, tc.before, tc.edits...); got != tc.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.name, got, tc.want)
		}
	}
}

func TestJSONInside(t *testing.T) {
	before := "{\n  \"hooks\": {\n    \"Pre\": [\n      {\n        \"matcher\": \"a\", // of a\n        \"hooks\": [{\"if\": \"a\"}]\n      }\n    ]\n  }\n}\n"
	at := []string{"hooks", "Pre", "0"}
	got := change(t, before,
		Edit{Path: append(slices.Clone(at), "matcher"), Value: "b"},
		Edit{Path: append(slices.Clone(at), "hooks", "0", "if"), Value: "b"},
		Edit{Path: append(slices.Clone(at), "hooks", "1"), Value: Object{{"if", "c"}}, Insert: true})
	want := strings.NewReplacer(`"matcher": "a"`, `"matcher": "b"`, `[{"if": "a"}]`, `[{"if": "b"}, {"if":"c"}]`).Replace(before)
	if got != want {
		t.Errorf("got\n%s", got)
	}
	f, err := Parse(JSONC, []byte(before))
	if err != nil {
		t.Fatal(err)
	}
	elements, ok, err := Elements(f, "hooks", "Pre")
	if err != nil || !ok || len(elements) != 1 || elements[0].Pos != (Position{4, 7}) {
		t.Errorf("elements: %v, %v, %v", elements, ok, err)
	}
	if _, ok, err := Elements(f, "hooks", "Post"); ok || err != nil {
		t.Errorf("no such list: %v, %v", ok, err)
	}
	if _, _, err := Elements(f, "hooks"); err == nil || err.Error() != "2:12: hooks is no list" {
		t.Errorf("no list: %v", err)
	}
}

func TestListRefused(t *testing.T) {
	for _, tc := range []struct {
		format Format
		in     string
		edit   Edit
		want   string
	}{
		{JSONC, `{"l": ["a"]}`, Edit{Path: []string{"l", "2"}, Value: "x", Insert: true}, "1:7: l ends before place 2"},
		{JSONC, `{"l": ["a"]}`, Edit{Path: []string{"l", "01"}, Value: "x"}, "1:7: l is no object"},
		{JSONC, `{"l": {}}`, Edit{Path: []string{"l", "0"}, Value: "x", Insert: true}, "1:7: l is no list"},
		{JSONC, `{}`, Edit{Path: []string{"l", "0"}, Value: "x", Insert: true}, "1:1: there is no list l"},
		{TOML, "l = [1]", Edit{Path: []string{"l", "0"}, Value: "x", Insert: true}, "changing l.0: lists are edited in JSON files alone"},
		{YAML, "l: [1]", Edit{Path: []string{"l", "0"}, Value: "x", Insert: true}, "changing l.0: lists are edited in JSON files alone"},
	} {
		if _, _, err := Change(tc.format, []byte(tc.in), []Edit{tc.edit}); err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.in, err, tc.want)
		}
	}
}

// FuzzJSONList: an element that goes in is where it was to be, and one that goes out
// leaves the others; undone, it is the text from before.
func FuzzJSONList(f *testing.F) {
	for _, seed := range []string{`{"l":[]}`, `{"l":["a"]}`, "{\"l\": [ // x\n  1, /* y */ 2,\n]}", "{\r\n\"l\": [\r\n\t[],\r\n\t{}\r\n]}", "{\"l\": [1\n,2/**/,3//\n]}", "{\n \"l\": [\n  \"a\",\n  // b\n  \"b\"\n ]\n}"} {
		f.Add([]byte(seed), uint8(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		file, err := Parse(JSONC, data)
		if err != nil {
			return
		}
		before, ok, err := Elements(file, "l")
		if err != nil || !ok {
			return
		}
		if _, err := tree(file); err != nil {
			return
		}
		i := int(n) % (len(before) + 1)
		path := []string{"l", strconv.Itoa(i)}
		edits := []Edit{{Path: path, Value: "new", Insert: true}}
		if i < len(before) {
			edits = append(edits, Edit{Path: []string{"l", strconv.Itoa(i + 1)}, Remove: true})
		}
		for k := range edits {
			after, undo, err := Change(JSONC, data, edits[:k+1])
			if err != nil {
				t.Fatalf("%q: %v", data, err)
			}
			back := after
			for _, splices := range undo {
				back = Apply(back, splices)
			}
			if string(back) != string(data) {
				t.Fatalf("%q undone is %q", data, back)
			}
			file, err := Parse(JSONC, after)
			if err != nil {
				t.Fatal(err)
			}
			now, _, _ := Elements(file, "l")
			want := slices.Concat(before[:i], []Entry{{Value: "new"}}, before[min(i+k, len(before)):])
			if len(now) != len(want) {
				t.Fatalf("%q became %q", data, after)
			}
			for j := range want {
				if !reflect.DeepEqual(now[j].Value, want[j].Value) {
					t.Fatalf("%q became %q", data, after)
				}
			}
		}
	})
}

// A new member goes in front of the one that is named, in the manner of the rest.
func TestBefore(t *testing.T) {
	for before, want := range map[string]string{
		`{"m": {"a": 1, "b": 2}}`: `{"m": {"a": 1, "x":0, "b": 2}}`,
		`{"m":{"b":2}}`:           `{"m":{"x":0,"b":2}}`,
		"{\n  \"m\": {\n    // b\n    \"b\": 2,\n  },\n}": "{\n  \"m\": {\n    // b\n    \"x\": 0,\n    \"b\": 2,\n  },\n}",
		`{"m": {"a": 1}}`: `{"m": {"a": 1, "x":0}}`,
		`{}`:              "{\n  \"m\": {\n    \"x\": 0\n  }\n}",
	} {
		got, undo, err := Change(JSONC, []byte(before), []Edit{{Path: []string{"m", "x"}, Value: int64(0), Before: "b"}})
		if err != nil {
			t.Errorf("%s: %v", before, err)
			continue
		}
		if string(got) != want {
			t.Errorf("%s becomes\n%s, want\n%s", before, got, want)
		}
		for _, step := range undo {
			got = Apply(got, step)
		}
		if string(got) != before {
			t.Errorf("%s comes back as %s", before, got)
		}
	}
}
