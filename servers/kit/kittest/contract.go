package kittest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
	"github.com/loom-core/loom/servers/kit"
)

// Contract is what a server promises beyond what all of them do.
type Contract struct {
	Tokens int // most that tools/list may cost, as characters over four; required
}

// Verbs that a tool's name begins with, so that names can be guessed.
var (
	readVerbs = []string{"list", "get", "search", "query", "tail", "describe", "diagnose", "explain", "check", "summarize", "compare", "wait"}
	actVerbs  = []string{"create", "update", "add", "commit", "merge", "run", "control", "apply", "patch", "scale", "restart", "rollback", "set", "delete", "drain", "exec", "probe", "fork"}
	snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// maxToolName leaves room for the server's name in front: server__tool.
const maxToolName = 36

// definition is a tool as a client sees it.
type definition struct {
	Name, Title, Description string
	InputSchema              struct {
		Type                 string
		Properties           map[string]struct{ Type string }
		AdditionalProperties *bool
	}
	OutputSchema json.RawMessage
	Annotations  struct {
		ReadOnlyHint, DestructiveHint, IdempotentHint, OpenWorldHint *bool
	}
}

// CheckTools holds the tools of s, as tools/list has them, to the conventions
// of Loom's servers, and compares each with testdata/tools/<name>.json.
func CheckTools(t *testing.T, s *kit.Server, contract Contract) {
	t.Helper()
	if n := len([]rune(s.Instructions)); n == 0 || n > 600 {
		t.Errorf("instructions have %d characters, want 1 to 600", n)
	}
	raw := Connect(t, s).Do("tools/list", map[string]any{})
	var list struct{ Tools []json.RawMessage }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Tools) != len(s.Tools) || len(list.Tools) == 0 {
		t.Errorf("tools/list has %d tools, the server %d", len(list.Tools), len(s.Tools))
	}
	cost := cost(list.Tools)
	for _, tool := range list.Tools {
		for _, problem := range toolProblems(tool) {
			t.Error(problem)
		}
		var d definition
		_ = json.Unmarshal(tool, &d) // toolProblems has looked
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, tool, "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		golden.Check(t, "tools/"+d.Name+".json", pretty.Bytes())
	}
	t.Logf("tools/list: %d tools, about %d tokens of %d", len(list.Tools), cost, contract.Tokens)
	if cost > contract.Tokens {
		t.Errorf("tools/list costs about %d tokens, the budget is %d", cost, contract.Tokens)
	}
}

// Cost is about how many tokens tools/list of s takes.
func Cost(t *testing.T, s *kit.Server) int {
	t.Helper()
	var list struct{ Tools []json.RawMessage }
	if err := json.Unmarshal(Connect(t, s).Do("tools/list", map[string]any{}), &list); err != nil {
		t.Fatal(err)
	}
	return cost(list.Tools)
}

func cost(tools []json.RawMessage) (tokens int) {
	for _, tool := range tools {
		tokens += (len(tool) + 3) / 4
	}
	return tokens
}

// toolProblems says where a tool breaks the conventions.
func toolProblems(raw []byte) (problems []string) {
	var d definition
	if err := json.Unmarshal(raw, &d); err != nil {
		return []string{"decoding a tool: " + err.Error()}
	}
	fail := func(text string) { problems = append(problems, d.Name+": "+text) }
	verb, _, _ := strings.Cut(d.Name, "_")
	reads, acts := slices.Contains(readVerbs, verb), slices.Contains(actVerbs, verb)
	switch {
	case !snakeCase.MatchString(d.Name):
		fail("the name is not snake_case")
	case !reads && !acts:
		fail("the verb " + verb + " is not on the list")
	case len(d.Name) > maxToolName:
		fail("the name is too long")
	}
	if d.Title == "" {
		fail("no title")
	}
	if d.Description == "" {
		fail("no description")
	}
	a := d.Annotations
	for name, hint := range map[string]*bool{"readOnlyHint": a.ReadOnlyHint, "destructiveHint": a.DestructiveHint, "idempotentHint": a.IdempotentHint, "openWorldHint": a.OpenWorldHint} {
		if hint == nil {
			fail(name + " is not set")
		}
	}
	if a.ReadOnlyHint != nil && (*a.ReadOnlyHint && acts || !*a.ReadOnlyHint && reads) {
		fail("readOnlyHint and the verb " + verb + " contradict each other")
	}
	if a.ReadOnlyHint != nil && *a.ReadOnlyHint && a.DestructiveHint != nil && *a.DestructiveHint {
		fail("read only and destructive")
	}
	if d.InputSchema.Type != "object" || d.InputSchema.AdditionalProperties == nil || *d.InputSchema.AdditionalProperties {
		fail("the input schema is no closed object")
	}
	for name, property := range d.InputSchema.Properties {
		if !snakeCase.MatchString(name) || property.Type == "" {
			fail("argument " + name + " is not snake_case or has no type")
		}
	}
	slices.Sort(problems)
	return problems
}
