package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

var host = target.Host{OS: "linux", Home: "/home/u", Config: "/home/u/.config"}

// expose is what loomd makes of a tool's name, with another hash.
func expose(server string) func(string) string {
	return func(tool string) string {
		name := server + "__" + plainName(tool)
		if len(name) <= 52 && name == server+"__"+tool {
			return name
		}
		h := fnv.New32()
		h.Write([]byte(tool))
		return fmt.Sprintf("%s_%06x", name[:min(len(name), 45)], h.Sum32()&0xffffff)
	}
}

// TestPlan takes each testdata/CLIENT/*.txtar: moves has a line "ENTRY [SERVER]: TOOLS"
// for each server, "entry ENTRY" is what the client has of it, an empty file "project"
// makes it a takeover of a project's servers, and all others are the client's files, of
// the project /p. The .golden is the plan, and the files behind it.
func TestPlan(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "testdata/"), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			takeover := readCase(t, filepath.Dir(name), archive)
			plan := takeover.Plan()
			var out bytes.Buffer
			printPlan(&out, plan)
			after := takeover
			after.Files = slices.Clone(takeover.Files)
			for _, r := range plan.Rewrites {
				text := apply(t, r)
				i := slices.IndexFunc(after.Files, func(f File) bool { return f.Path == r.File.Path })
				after.Files[i].Data = text
				fmt.Fprintf(&out, "\n-- %s --\n%s", r.File.Path, text)
			}
			golden.Check(t, name+".golden", out.Bytes())
			again := after.Plan()
			if len(again.Rewrites) > 0 {
				t.Errorf("once more: %+v", again.Rewrites)
			}
			if len(again.Blocked) != len(plan.Blocked) {
				t.Errorf("once more it is blocked: %+v", again.Blocked)
			}
		})
	}
}

func readCase(t *testing.T, id string, archive *txtar.Archive) Takeover {
	t.Helper()
	takeover := Takeover{Client: id}
	locations := Locations(id, host, []string{"/p"})
	entries := map[string]configfile.Object{}
	for _, f := range archive.Files {
		data := bytes.TrimSuffix(f.Data, []byte("\n"))
		switch kind, rest, _ := strings.Cut(f.Name, " "); kind {
		case "moves":
			for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				names, tools, _ := strings.Cut(line, ":")
				from, server, ok := strings.Cut(names, " -> ")
				if !ok {
					server = from
				}
				takeover.Moves = append(takeover.Moves, Move{From: from, Server: server, Tools: strings.Fields(tools), Name: expose(server)})
			}
		case "project":
			takeover.Project = true
		case "entry":
			entries[rest] = object(t, data)
		default:
			found := false
			for _, l := range locations {
				if f.Name == l.Path || l.Below != "" && strings.HasPrefix(f.Name, l.Path+"/") && strings.HasSuffix(f.Name, l.Below) {
					takeover.Files, found = append(takeover.Files, File{f.Name, l.Format, l.Owner, l.Dir, f.Data}), true
					break
				}
			}
			if !found {
				t.Fatalf("%s is no place of %s", f.Name, id)
			}
		}
	}
	for i, m := range takeover.Moves {
		takeover.Moves[i].Entry = entries[m.From]
	}
	for _, l := range locations {
		if l.Below == "" && !slices.ContainsFunc(takeover.Files, func(f File) bool { return f.Path == l.Path }) {
			takeover.Files = append(takeover.Files, File{Path: l.Path, Format: l.Format, Owner: l.Owner, Dir: l.Dir})
		}
	}
	return takeover
}

func object(t *testing.T, data []byte) configfile.Object {
	t.Helper()
	f, err := configfile.Parse(configfile.JSONC, []byte(`{"e":`+string(data)+`}`))
	if err != nil {
		t.Fatal(err)
	}
	entries, _, err := f.Entries()
	if err != nil {
		t.Fatal(err)
	}
	return entries[0].Value.(configfile.Object)
}

// apply makes the edits, and takes them back.
func apply(t *testing.T, r Rewrite) []byte {
	t.Helper()
	after, undo, err := configfile.Change(r.File.Format, r.File.Data, r.Edits)
	if err != nil {
		t.Fatalf("%s: %v", r.File.Path, err)
	}
	if json.Valid(r.File.Data) && !json.Valid(after) {
		t.Errorf("%s is no strict JSON any more: %s", r.File.Path, after)
	}
	back := after
	for _, splices := range undo {
		back = configfile.Apply(back, splices)
	}
	if !bytes.Equal(back, r.File.Data) {
		t.Errorf("%s taken back: %s", r.File.Path, back)
	}
	return after
}

func printPlan(out *bytes.Buffer, p Plan) {
	for _, r := range p.Rewrites {
		for _, l := range r.Lines {
			fmt.Fprintf(out, "rewrite %v %s\n", Place{r.File.Path, l.Pos}, l.Key)
			if l.Why != "" {
				fmt.Fprintf(out, "\twhy %s\n", l.Why)
			}
			if l.Old != "" {
				fmt.Fprintf(out, "\t%s %s\n", map[bool]string{true: "keep", false: "drop"}[l.Kept], l.Old)
			}
			for _, rule := range l.New {
				fmt.Fprintf(out, "\tadd  %s\n", rule)
			}
		}
	}
	for _, l := range p.Limits {
		fmt.Fprintf(out, "limit %s, for %s in %v\n", l.Server, l.Rule, l.From)
		for _, rule := range l.Deny {
			fmt.Fprintf(out, "\tdeny %s\n", rule)
		}
		for _, rule := range l.Only {
			fmt.Fprintf(out, "\tonly %s\n", rule)
		}
	}
	for _, name := range p.Allowed {
		fmt.Fprintf(out, "allowed %s\n", name)
	}
	if p.Entry != nil {
		after, _, err := configfile.Change(configfile.JSONC, nil, []configfile.Edit{{Path: []string{"loom"}, Value: p.Entry}})
		fmt.Fprintf(out, "entry %s%v\n", after, err)
	}
	for _, b := range p.Blocked {
		fmt.Fprintf(out, "blocked %s, for %s in %v\n\t%s\n", b.From, b.Rule, b.Place, b.Why)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(out, "note %s, for %s in %v\n\t%s\n", n.From, n.Rule, n.Place, n.Text)
	}
}
