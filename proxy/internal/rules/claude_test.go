package rules

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What a client does about a tool, the weakest first.
const (
	runs = iota
	asks
	mustAsk // whatever allows it
	hides
)

type permissions struct{ Allow, Ask, Deny []string }

// decide is Claude Code's reading of rules for a tool of an entry, written anew from the
// measurements. Where these leave open which entry a rule means, it means both.
func (p permissions) decide(entry, tool string) int {
	whole := "mcp__" + entry
	name := whole + "__" + tool
	strict := func(rule string) bool {
		return !strings.Contains(rule, "(") && (strings.HasPrefix(rule, "mcp__") && strings.HasPrefix(whole+"__", rule+"__") || starMatch(rule, name))
	}
	allow := func(rule string) bool {
		return rule == whole && !strings.Contains(entry, "__") ||
			strings.HasPrefix(rule, whole+"__") && !strings.Contains(rule, "(") && starMatch(rule, name)
	}
	switch {
	case slices.ContainsFunc(p.Deny, strict):
		return hides
	case slices.ContainsFunc(p.Ask, strict):
		return mustAsk
	case slices.ContainsFunc(p.Allow, allow):
		return runs
	}
	return asks
}

func starMatch(glob, name string) bool {
	if glob == "" {
		return name == ""
	}
	if glob[0] == '*' {
		return starMatch(glob[1:], name) || name != "" && starMatch(glob, name[1:])
	}
	return name != "" && name[0] == glob[0] && starMatch(glob[1:], name[1:])
}

// TestClaudeNeverWeaker: whatever old rules deny or ask of old names, the new rules deny
// or ask of the new names, for tools that come later as well; nothing runs unasked that
// did not; and servers that stay have what they had.
func TestClaudeNeverWeaker(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	servers := []string{"github", "git", "a", "a__b", "my_hub"}
	tools := []string{"list", "delete_repo", "list_all", "b", "b__c", "a_tool_whose_name_is_far_too_long_for_any_client_there_is", "with.dot"}
	later := append(slices.Clone(tools), "list_later", "delete_later", "l")
	for range 500 {
		rule := func() string {
			text := "mcp__" + pick(servers...)
			switch r.IntN(8) {
			case 0:
			case 1:
				text += "__*"
			case 2:
				text += "__" + pick("l*", "*_repo", "*l*", "de*te*", "*__*")
			case 3:
				text = pick("mcp__*", "*", "mcp__git*", "mcp__*__list", "*delete_repo", "mcp__*__*", "mcp__a*b", "*t__list*", "mcp__my*hub__l*")
			case 4:
				text += "__" + plainName(pick(tools...)) + "(*)"
			default:
				text += "__" + plainName(pick(later...))
			}
			return text
		}
		some := func(n int) []string {
			out := []string{}
			for range r.IntN(n) {
				out = append(out, rule())
			}
			return out
		}
		before := permissions{Allow: some(5), Ask: some(3), Deny: some(4)}
		data, err := json.Marshal(map[string]any{"permissions": map[string]any{"allow": before.Allow, "ask": before.Ask, "deny": before.Deny}})
		if err != nil {
			t.Fatal(err)
		}
		from, server := pick(servers...), pick("github", "hub")
		move := Move{From: strings.ReplaceAll(from, "my_", "my."), Server: server, Tools: tools, Name: expose(server)}
		plan := Takeover{Client: "claude", Moves: []Move{move}, Files: []File{{Path: "/home/u/.claude/settings.json", Format: configfile.JSONC, Owner: User, Data: data}}}.Plan()
		if len(plan.Blocked) > 0 {
			t.Fatalf("%s: %+v", data, plan.Blocked)
		}
		for _, w := range plan.Rewrites {
			data = apply(t, w)
		}
		var file struct{ Permissions permissions }
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		after := file.Permissions
		for _, tool := range later {
			exposed := expose(server)(tool)
			if exposed != server+"__"+tool && !slices.Contains(tools, tool) {
				continue // its name says too little
			}
			old := plainName(tool)
			was, is := before.decide(from, old), after.decide("loom", exposed)
			if is < was {
				t.Fatalf("%s of %s was %d, %s is %d\n%+v\n%s", old, from, was, exposed, is, before, data)
			}
			if is == asks && was == runs && !strings.Contains(from, "__") { // else it may be meant for another entry
				t.Fatalf("%s of %s ran, and %s asks\n%+v\n%s", old, from, exposed, before, data)
			}
			for _, other := range servers {
				was, is := before.decide(other, old), after.decide(other, old)
				mine := other == from || strings.HasPrefix(other+"__", from+"__") || strings.HasPrefix(from+"__", other+"__")
				if is < was || !mine && is != was {
					t.Fatalf("%s of %s was %d and is %d\n%+v\n%s", old, other, was, is, before, data)
				}
			}
		}
	}
}

func TestResidues(t *testing.T) {
	for _, tc := range []struct{ glob, text, want string }{
		{"mcp__github__x", "mcp__github__", "x"},
		{"mcp__git*", "mcp__github__", "*"},
		{"mcp__*__x", "mcp__github__", "*__x _x x"},
		{"*", "mcp__github__", "*"},
		{"mcp__git__*", "mcp__github__", ""},
		{"mcp__*_*", "mcp__github__", "*"},
		{"mcp__github__", "mcp__github__", ""},
	} {
		if got := strings.Join(residues(tc.glob, tc.text), " "); got != tc.want {
			t.Errorf("residues(%q, %q) = %q, want %q", tc.glob, tc.text, got, tc.want)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, tc := range []struct {
		glob, other string
		want        bool
	}{
		{"a*", "ab", true}, {"a*", "a*", true}, {"a*", "ab*c", true}, {"*", "*x*", true},
		{"*x", "a*x", true}, {"*x", "*", false}, {"ab", "a*", false}, {"a*b", "a*", false},
		{"a*b*", "a*b", true}, {"", "", true}, {"a", "", false},
	} {
		if got := covers(tc.glob, tc.other); got != tc.want {
			t.Errorf("covers(%q, %q) = %v", tc.glob, tc.other, got)
		}
	}
}

func TestMatcher(t *testing.T) {
	m := mcpMoves(underscores, []Move{{From: "github", Server: "github", Tools: []string{"create_issue", "delete_repo"}, Name: expose("github")}})[0]
	for in, want := range map[string]string{
		"":                               "",
		"*":                              "*",
		"Bash":                           "Bash",
		"mcp__github":                    "mcp__github",
		"mcp__github__create_issue":      "mcp__github__create_issue|mcp__loom__github__create_issue",
		"mcp__github__a, Bash":           "mcp__github__a, Bash, mcp__loom__github__a",
		"mcp__github__.*":                "mcp__(loom__github|github)__.*",
		"^mcp__github__(create|delete)_": "^mcp__(loom__github|github)__(create|delete)_",
		"mcp__github.*":                  "mcp__(loom__github|github).*",
		"mcp__(gitlab|github)__.*":       "mcp__(loom__github|gitlab|github)__.*",
		"mcp__(?:gitlab|github)__x$":     "mcp__(?:loom__github|gitlab|github)__x$",
		"mcp__git[hl].*":                 "mcp__git[hl].*|^mcp__loom__github__",
		"hub__.*":                        "hub__.*",
		"mcp__.*":                        "mcp__.*",
		"mcp__.*__(create|delete)_.*":    "mcp__.*__(create|delete)_.*",
		"Bash|mcp__github__.*":           "Bash|mcp__(loom__github|github)__.*",
		"mcp__github__*":                 "mcp__(loom__github|github)__*",
		"^(?!Bash).*$":                   "^(?!Bash).*$",
		"^(?!mcp__loom).*$":              "^(?!mcp__loom).*$|^mcp__loom__github__",
		"mcp__linear__(?=x)":             "mcp__linear__(?=x)",
		"mcp__linear__(?=x)|Edit":        "!",
		"(mcp__linear__)?(?=x)":          "!",
		"mcp__[a-z]+__create_issue":      "!",
		`mcp__\p{L}+__x`:                 "!",
		"[mcp__linear__](?=x)":           "!",
		"(mcp__github":                   "(mcp__github",
		"mcp__github__(?=create)":        "!",
		"mcp__(loom__github|github)__.*": "mcp__(loom__github|github)__.*",
	} {
		got, err := m.widened(claudeMatchers, in)
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%q: %q (%v), want %q", in, got, err, want)
		}
	}
}

// FuzzMatcher: a matcher that is widened matches what it did, and that in Loom, and no
// other tool.
func FuzzMatcher(f *testing.F) {
	for _, seed := range []string{"", "*", "Bash|mcp__github__create_issue", "mcp__github__.*", "^mcp__(a|github)__x$", "^(?!mcp__).*|x", "mcp__git[hu]+b", "(mcp__github", `mcp__\\w+__\\d`, "[]|(?=x)", "mcp__github__(?:"} {
		f.Add(seed)
	}
	m := mcpMoves(underscores, []Move{{From: "github", Server: "hub", Tools: []string{"create_issue", "delete_repo"}, Name: expose("hub")}})[0]
	f.Fuzz(func(t *testing.T, matcher string) {
		now, err := m.widened(claudeMatchers, matcher)
		if err != nil || now == matcher || claudeMatchers.list.MatchString(matcher) {
			return
		}
		was, err := parseJS(matcher)
		if err != nil {
			t.Fatalf("%q became %q", matcher, now)
		}
		is, err := parseJS(now)
		if err != nil || !m.carries(was, is) {
			t.Fatalf("%q became %q: %v", matcher, now, err)
		}
		if again, err := m.widened(claudeMatchers, now); err != nil || again != now {
			t.Fatalf("%q, %q, %q: %v", matcher, now, again, err)
		}
	})
}
