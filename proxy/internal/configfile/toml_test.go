package configfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const tomlBlock = "[m.loom]\ncommand = \"/bin/loom\"\nargs = [\"proxy\", \"--client\", \"x\"]\n"

func TestTOML(t *testing.T) {
	checkEdits(t, TOML, []string{"m", "loom"}, []edit{
		{name: "nothing", before: "", set: tomlBlock},
		{name: "comment", before: "# mine", set: "# mine\n\n" + tomlBlock},
		{name: "keys", before: "model = \"o\"\n", set: "model = \"o\"\n\n" + tomlBlock},
		{name: "beside", before: "a = 1\n\n[m.b]\nx = 1 # x\n# y\n\n[p]\nz = 1\n", set: "a = 1\n\n[m.b]\nx = 1 # x\n\n" + tomlBlock + "# y\n\n[p]\nz = 1\n"},
		{name: "replaced", before: "[m.loom]\nx = 1\n\n[m.loom.env]\nA = \"b\"\n\n# p\n[p]\n", set: tomlBlock + "\n\n# p\n[p]\n", removed: "\n# p\n[p]\n"},
		{name: "crlf", before: "[m.b]\r\nx = 1\r\n", set: "[m.b]\r\nx = 1\r\n\r\n" + strings.ReplaceAll(tomlBlock, "\n", "\r\n")},
		{name: "dotted", before: "[m]\nb.x = 1\nloom.command = \"a\"\nc.x = [\n  1, # one\n]\n", set: "[m]\nb.x = 1\nc.x = [\n  1, # one\n]\n\n" + tomlBlock, removed: "[m]\nb.x = 1\nc.x = [\n  1, # one\n]\n"},
		{name: "inline", before: "[m]\nloom = {command = \"a\"}\n", set: "[m]\n\n" + tomlBlock, removed: "[m]\n"},
		{name: "root dotted", before: "m.b.x = 1\nz = 2\n[q]\n", set: "m.b.x = 1\nz = 2\n\n" + tomlBlock + "[q]\n"},
		{name: "no end of line", before: "[a]\n\n[m.loom]\nx = 1", set: "[a]\n\n" + strings.TrimSuffix(tomlBlock, "\n"), removed: "[a]\n"},
		{name: "a mark of comments in a text", before: "[m.b]\nx = '''\n#''' # c\ny = \"\"\"a\\\"\"\"\"\n# z\n", set: "[m.b]\nx = '''\n#''' # c\ny = \"\"\"a\\\"\"\"\"\n\n" + tomlBlock + "# z\n"},
		{name: "brackets in texts", before: "[m.\"]#\"]\nx = [\n  \"]\", # [\n  { y = '}' },\n]\n", set: "[m.\"]#\"]\nx = [\n  \"]\", # [\n  { y = '}' },\n]\n\n" + tomlBlock},
		{name: "several lines", before: "[m.b]\nx = \"\"\"\n# no comment\n\"\"\"\n", set: "[m.b]\nx = \"\"\"\n# no comment\n\"\"\"\n\n" + tomlBlock},
	})
}

func TestTOMLListOfTables(t *testing.T) {
	f, err := Parse(TOML, []byte("a = 1\n\n[[h.Pre]]\nm = \"x\"\n\n[[h.Pre.hooks]]\nc = 1\n\n[[h.Pre.hooks]]\nc = 2\n\n[[h.Pre]]\nm = \"y\"\n[h.Pre.in]\nz = 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, ok, err := Elements(f, "h", "Pre")
	want := []Entry{
		{"0", Object{{"m", "x"}, {"hooks", []any{Object{{"c", int64(1)}}, Object{{"c", int64(2)}}}}}, Position{3, 3}},
		{"1", Object{{"m", "y"}, {"in", Object{{"z", int64(3)}}}}, Position{12, 3}},
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
		t.Errorf("%v, %v (-want +got):\n%s", ok, err, diff)
	}
	if _, ok, err := Elements(f, "h", "Post"); ok || err != nil {
		t.Errorf("no such list: %v, %v", ok, err)
	}
	if _, _, err := Elements(f, "a"); err == nil || err.Error() != "1:1: a is no list" {
		t.Errorf("no list: %v", err)
	}
}

func TestTOMLRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"m = {a = {}}":   "1:1: m is written on one line; give each of its tables a header: [m.NAME]",
		"[[m]]\nx = 1":   "1:3: m is a list of tables",
		"a = 1\na = 2\n": "2:1:",
		"a = \nb = 1":    "1:5:",
		"[m.loom\nx = 1": "1:8:",
	} {
		f, err := Parse(TOML, []byte(in))
		if err == nil {
			_, err = f.Set([]string{"m", "loom"}, entry)
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}

func FuzzTOML(f *testing.F) {
	for _, seed := range []string{"", "a = 1", "[m.b]\nx = 1 # x\n# y\n\n[p]\n", "[m]\nloom = {a = 1}\nb.c = '''\n#x\n'''\n", "m.loom.x = 1\nb = 2\n[q]", "[m.loom]\n[m.loom.env]\nA = [1,\n2]\n[[l]]\n", "\ufeff[m.\"a b\"]\r\nx = 1979-05-27\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkFuzz(t, TOML, data) })
}
