package forgetest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// Numbers that are the same on all forges.
const (
	defaultTools  = 28
	defaultTokens = 7000 // what every client pays for
)

// Server is the server of a program with settings.
func Server(t testing.TB, p forge.Program, env map[string]string) *kit.Server {
	t.Helper()
	s, err := p.New(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Tools are what a server promises of its tools. What is not here all of them do.
type Tools struct {
	Program forge.Program
	Tokens  int      // most that the tools of all toolsets may cost
	Extras  []string // of the toolset extras, those that not every forge has
}

// Run checks the tools.
func (c Tools) Run(t *testing.T) {
	t.Run("contract", func(t *testing.T) {
		s := Server(t, c.Program, nil)
		kittest.CheckTools(t, s, kittest.Contract{Tokens: c.Tokens})
		hints(t, s)
		nouns(t, s, c.Program.Nouns)
	})
	t.Run("default", func(t *testing.T) {
		s := c.selected(t, "", kit.Selection{})
		if cost := kittest.Cost(t, s); len(s.Tools) != defaultTools || cost > defaultTokens {
			t.Errorf("the default set has %d tools and costs about %d tokens, want %d and %d at most", len(s.Tools), cost, defaultTools, defaultTokens)
		}
	})
	for set, want := range c.toolsets() {
		t.Run(set, func(t *testing.T) {
			var got []string
			for _, tool := range c.selected(t, "", kit.Selection{Toolsets: []string{set}}).Tools {
				got = append(got, tool.Name())
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("there are %v, want %v", got, want)
			}
		})
	}
	t.Run("read only", c.readOnly)
}

// selected is the server at a URL as it is run with those options.
func (c Tools) selected(t testing.TB, url string, sel kit.Selection) *kit.Server {
	t.Helper()
	s := Server(t, c.Program, map[string]string{c.Program.Service.Prefix + "_URL": url})
	if err := s.Select(sel); err != nil {
		t.Fatal(err)
	}
	return s
}

// toolsets are the tools of each that has to be asked for.
func (c Tools) toolsets() map[string][]string {
	n := c.Program.Nouns
	return map[string][]string{
		"ci_write":    {"run_" + n.Workflow, "control_" + n.ShortRun},
		"releases":    {"list_releases", "get_release", "create_release"},
		"extras":      append([]string{"list_refs", "compare_refs", "list_issue_metadata", "list_" + n.Notices, "list_ci_variables"}, c.Extras...),
		"admin":       {"create_repo", "fork_repo"},
		"destructive": {"merge_" + n.Pull, "delete_branch", "delete_issue_comment"},
	}
}

// hints checks that nothing destroys that was not asked for, and that all that a
// tool shows is of others.
func hints(t *testing.T, s *kit.Server) {
	t.Helper()
	for _, tool := range s.Tools {
		d := tool.Def()
		destroys := d.Hints.Destructive == kit.Yes
		if destroys && d.Toolset == "" || !destroys && d.Toolset == "destructive" {
			t.Errorf("%s: that it destroys is %v in the toolset %q", d.Name, destroys, d.Toolset)
		}
		if d.Hints.OpenWorld != kit.Yes {
			t.Errorf("%s: a forge is an open world", d.Name)
		}
	}
}

// nouns checks that the tools say what this forge calls its things, and not what
// another one does.
func nouns(t *testing.T, s *kit.Server, own forge.Nouns) {
	t.Helper()
	list := string(kittest.Connect(t, s).Do("tools/list", map[string]any{})) + s.Instructions
	other := forge.GitLab
	if own == forge.GitLab {
		other = forge.GitHub
	}
	for _, noun := range []string{other.Pull, other.Run} {
		for _, word := range []string{noun, strings.ReplaceAll(noun, "_", " ")} {
			if strings.Contains(list, word) {
				t.Errorf("the tools say %q", word)
			}
		}
	}
	for _, hole := range []string{"{pull", "{Pull", "{run", "{a run", "{short", "{workflow", "{notices", "{repo"} {
		if strings.Contains(list, hole) {
			t.Errorf("the tools say %q, for which a noun was not put in", hole)
		}
	}
}

// readOnly calls all tools with the arguments of their examples: one that writes
// says that it may not and asks the forge nothing, and the others change nothing,
// counted at the wire.
func (c Tools) readOnly(t *testing.T) {
	w := NewWire(t, `{"message":"404 Not Found"}`)
	s := c.selected(t, w.URL, kit.Selection{ReadOnly: true, Toolsets: []string{"all"}})
	client := kittest.Connect(t, s)
	offered := client.Tools()
	for _, tool := range Server(t, c.Program, nil).Tools {
		d := tool.Def()
		args := map[string]any{}
		if d.Example != "" {
			if err := json.Unmarshal([]byte(d.Example), &args); err != nil {
				t.Errorf("%s: its example is %s: %v", d.Name, d.Example, err)
			}
		}
		reads, before := d.Hints.ReadOnly == kit.Yes, len(w.Sent())
		if slices.Contains(offered, d.Name) != reads {
			t.Errorf("%s: it only reads is %v, and it is offered is %v", d.Name, reads, !reads)
		}
		if reads {
			if text := kittest.Text(client.Call(d.Name, args)); strings.Contains(text, "ERROR invalid_argument") {
				t.Errorf("%s does not take its example: %s", d.Name, text)
			}
			continue
		}
		client.MustFail(d.Name, args, kit.ReadOnlyMode)
		if asked := w.Sent()[before:]; len(asked) > 0 {
			t.Errorf("%s asked for %v", d.Name, asked)
		}
	}
	if len(w.Sent()) == 0 {
		t.Error("nothing was asked, so that nothing was counted")
	}
	if changes := w.Changes(); len(changes) > 0 {
		t.Errorf("sent %v", changes)
	}
}
