package configfile

import (
	"strings"
	"testing"
)

const yamlBlock = "  loom:\n    command: \"/bin/loom\"\n    args: [\"proxy\", \"--client\", \"x\"]\n"

func TestYAML(t *testing.T) {
	checkEdits(t, YAML, []string{"m", "loom"}, []edit{
		{name: "nothing", before: "", set: "m:\n" + yamlBlock},
		{name: "comment", before: "# mine", set: "# mine\nm:\n" + yamlBlock},
		{name: "others", before: "a: 1\n# b\nb: |\n  text\n  # of b\n", set: "a: 1\n# b\nb: |\n  text\n  # of b\nm:\n" + yamlBlock},
		{name: "beside", before: "m:\n  a:\n    x: 1 # x\n\n# next\nz: 1\n", set: "m:\n  a:\n    x: 1 # x\n" + yamlBlock + "\n# next\nz: 1\n"},
		{name: "null", before: "m: # none yet\nz: 1\n", set: "m: # none yet\n" + yamlBlock + "z: 1\n"},
		{name: "empty", before: "m: {}\nz: 1", set: "m:\n" + yamlBlock + "z: 1"},
		{name: "replaced", before: "m:\n  loom:\n    x: 1\n    # in\n  b: 1\n", set: "m:\n" + yamlBlock + "  b: 1\n", removed: "m:\n  b: 1\n"},
		{name: "crlf", before: "m:\r\n  a: 1\r\n", set: "m:\r\n  a: 1\r\n" + strings.ReplaceAll(yamlBlock, "\n", "\r\n")},
		{name: "alone", before: "m: # mine\n  loom:\n    x: 1\nz: 1\n", set: "m: # mine\n" + yamlBlock + "z: 1\n", removed: "m: {} # mine\nz: 1\n"},
		{name: "alone at the end", before: "z: 1\n\"m\":\n  loom: {x: 1}", set: "z: 1\n\"m\":\n" + strings.TrimSuffix(yamlBlock, "\n"), removed: "z: 1\n\"m\": {}\n"},
		{name: "list under its key", before: "m:\n  a:\n  - 1\n  - 2\nz: 1\n", set: "m:\n  a:\n  - 1\n  - 2\n" + yamlBlock + "z: 1\n"},
	})
}

func TestYAMLList(t *testing.T) {
	before := "m:\n  - name: a\n    command: x\n\n  # other\n  - name: b\n    command: y\nz: 1\n"
	f, err := Parse(YAML, []byte(before))
	if err != nil {
		t.Fatal(err)
	}
	splices, err := f.Set([]string{"m", "loom"}, Object{{"command", "/bin/loom"}})
	if err != nil {
		t.Fatal(err)
	}
	after := string(Apply([]byte(before), splices))
	if want := strings.Replace(before, "z: 1", "  - name: \"loom\"\n    command: \"/bin/loom\"\nz: 1", 1); after != want {
		t.Errorf("got\n%s", after)
	}
	checkHas(t, YAML, "list", []byte(after), []string{"m", "loom"}, Object{{"command", "/bin/loom"}})
	f, _ = Parse(YAML, []byte(after))
	if splices, err = f.Remove([]string{"m", "loom"}); err != nil || string(Apply([]byte(after), splices)) != before {
		t.Errorf("removed: %v\n%s", err, Apply([]byte(after), splices))
	}
}

// The last item of a list goes, and the list stays one.
func TestYAMLListOfOne(t *testing.T) {
	for before, want := range map[string]string{
		"m:\n- name: loom\n  x: 1\nz: 1\n":              "m: []\nz: 1\n",
		"m: # mine\n  # ours\n  - x: 1\n    name: loom": "m: [] # mine\n  # ours\n",
	} {
		after, _, err := Change(YAML, []byte(before), []Edit{{Path: []string{"m", "loom"}, Remove: true}})
		if err != nil || string(after) != want {
			t.Errorf("%q: %q, %v, want %q", before, after, err, want)
		}
	}
}

func TestYAMLRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"m: {a: 1}":         "1:4: written on one line",
		"m: text":           `1:4: no mapping, where "loom" is to be`,
		"- a":               "1:1: the file holds no mapping",
		"m:\n  a: |\n    b": "2:6: the file ends inside this text",
		"a: 1\n---\nb: 1":   "2:1: there is a second document",
		"a: [":              "1:1:",
	} {
		f, err := Parse(YAML, []byte(in))
		if err == nil {
			_, err = f.Set([]string{"m", "loom"}, entry)
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}

// In YAML there are more ways to write a thing than this package knows: what it
// does not know it must refuse, and not break.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{"", "m:\n  a: 1\n", "m:\nz: |\n # x\n", "m:\n- name: a\n  x: 1\n", "a: &x {b: 1}\nm:\n  c: *x\n", "\"m\":\n  loom: 1 # y\n", "? m\n: a: 1\n", "m:\n  a: 'x\n\n   y'\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		after, undo, err := Change(YAML, data, []Edit{{Path: []string{"m", "loom"}, Value: entry}})
		if err != nil {
			return
		}
		back := after
		for _, splices := range undo {
			back = Apply(back, splices)
		}
		if string(back) != string(data) {
			t.Fatalf("%q undone is %q", data, back)
		}
		if again, _, err := Change(YAML, after, []Edit{{Path: []string{"m", "loom"}, Value: entry}}); err != nil || string(again) != string(after) {
			t.Fatalf("%q set twice: %q, %v", after, again, err)
		}
		if _, _, err := Change(YAML, after, []Edit{{Path: []string{"m", "loom"}, Remove: true}}); err != nil {
			t.Logf("%q cannot be removed: %v", after, err)
		}
	})
}
