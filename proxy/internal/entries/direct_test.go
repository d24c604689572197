package entries

import (
	"regexp"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/target"
)

// vars is what is set where client and loomd run.
var vars = map[string]string{"A": "value of a", "B_2": "b", "NESTED": "${A} $A {env:A}", "QUOTES": `"\`}

// replaced is how a client of which that is known expands what it reads. What a
// reference of its own stands for that is no variable comes out as a mistake.
func replaced(pattern string, value func(m []string) (string, bool)) func(string) string {
	re := regexp.MustCompile(pattern)
	return func(text string) string {
		return re.ReplaceAllStringFunc(text, func(all string) string {
			if v, ok := value(re.FindStringSubmatch(all)); ok {
				return v
			}
			return "<kept>" + all // as of a variable that is not set
		})
	}
}

func variable(name string) (string, bool) { v, ok := vars[name]; return v, ok }

func orDefault(name, otherwise string, has bool) (string, bool) {
	if v, ok := vars[name]; ok {
		return v, true
	}
	return otherwise, has
}

// clients are the ways in which clients read their files, written from how they
// were measured or are documented to and not from package target.
var clients = map[string]func(string) string{
	// Claude Code: the name ends at the first :-, and what is behind a second one is lost.
	"claude": replaced(`\$\{([^}]+)\}`, func(m []string) (string, bool) {
		parts := strings.Split(m[1], ":-")
		return orDefault(parts[0], append(parts, "")[1], len(parts) > 1)
	}),
	"gemini": replaced(`\$(?:(\w+)|\{([^}]+?)(:-[^}]*)?\})`, func(m []string) (string, bool) {
		return orDefault(m[1]+m[2], strings.TrimPrefix(m[3], ":-"), m[3] != "")
	}),
	"qwen":     replaced(`\$(?:(\w+)|\{([^}]+)\})`, func(m []string) (string, bool) { return variable(m[1] + m[2]) }),
	"copilot":  replaced(`\$\{([^}]+)\}`, func(m []string) (string, bool) { return variable(m[1]) }),
	"opencode": replaced(`\{(env|file):([^}]+)\}`, func(m []string) (string, bool) { v, ok := variable(m[2]); return v, ok && m[1] == "env" }),
	"vscode": replaced(`\$\{([^}]*)\}`, func(m []string) (string, bool) {
		name, isEnv := strings.CutPrefix(m[1], "env:")
		v, ok := variable(name)
		return v, ok && isEnv
	}),
	"codex": func(text string) string {
		if name, ok := strings.CutPrefix(text, "\x00env:"); ok {
			return vars[name]
		}
		return text
	},
	// Of these it is not known: whatever looks like a reference may be one.
	"amp": replaced(`\$\w+|\$\{|\{env:|\{file:|\{\{`, func([]string) (string, bool) { return "", false }),
}

func init() {
	for id, like := range map[string]string{
		"kiro": "copilot", "kilo": "opencode", "cursor": "vscode", "windsurf": "vscode", "roo": "vscode",
		"claude-desktop": "amp", "zed": "amp", "cline": "amp", "goose": "amp", "junie": "amp", "antigravity": "amp", "continue": "amp", "auggie": "amp",
	} {
		clients[id] = clients[like]
	}
}

// texts are values of a registry, and for which kinds of clients they can be
// written: those that expand ${A} (b), $A as well (B), with defaults (d, D), that
// expand {env:A} (e), only pass a variable on (p), or are not known to do anything (n).
var texts = map[string]string{
	"":                     "bBdDepn",
	"plain":                "bBdDepn",
	"\x00env:":             "", // no reference, and no text of a process
	"${env:A}":             "bBdDep",
	"$<env:A>":             "bBdDep",
	"x-${env:A}":           "bBdDe",
	"${env:A}${env:B_2}":   "bBdDe",
	"${env:B_2}":           "bBdDe",
	"${env:NESTED}":        "bBdDe",
	"${env:QUOTES}":        "bBdDe",
	"${env:NONE:-default}": "dD",
	"${env:A:-default}/x":  "dD",
	"${env:NONE:-}":        "dD",
	"${env:NONE:-a:-b}":    "",
	"${env:NONE:-$$A}":     "",
	"$<env:NONE:-a}b>":     "",
	"$<env:NONE:-{env:A}>": "",
	"${env:A?}":            "p",
	"${secret:x}":          "",
	"${secretfile:x}":      "",
	"$${A}":                "ep",
	"$$A":                  "bdep",
	"$$5":                  "bdep",
	"100$$":                "bBdDepn",
	"$$${env:A}":           "e",
	"${env:A}$$":           "bBdDe",
	"{env:A}":              "bBdDp",
	"{${env:A}":            "bBdD",
	"{{A}}":                "bBdDep",
}

func TestClientsGiveWhatLoomdGives(t *testing.T) {
	lookup := secret.NewLookup(variable, secret.Memory{"x": secret.NewValue("s")})
	for _, tgt := range target.All() {
		client := clients[tgt.ID]
		if client == nil {
			t.Errorf("nobody says how %s reads its file", tgt.ID)
			continue
		}
		kind := ""
		switch r := tgt.Refer; {
		case r.Same:
			kind = "p"
		case r.Open == "":
			kind = "n"
		case r.Open == "{env:":
			kind = "e"
		case r.Default != "":
			kind = "d"
		default:
			kind = "b"
		}
		if tgt.Refer.Plain {
			kind = strings.ToUpper(kind)
		}
		for value, whom := range texts {
			written, ok := Want{Target: tgt}.write(value, "A")
			if ok != strings.Contains(whom, kind) {
				t.Errorf("%s: %q is written as %q, %v", tgt.ID, value, written, ok)
			}
			if ok {
				checkText(t, tgt, client, lookup, value, written)
			}
		}
	}
}

// checkText compares what the client makes of what was written for it with what
// loomd would make of what stands in the registry.
func checkText(t *testing.T, tgt target.Target, client func(string) string, lookup secret.Lookup, value, written string) {
	t.Helper()
	template, err := secret.Parse(value)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := template.Expand(t.Context(), lookup)
	if got := client(written); err != nil || got != want.Reveal() {
		t.Errorf("%s: %q is written as %q, which the client reads as %q; loomd gives %q (%v)", tgt.ID, value, written, got, want.Reveal(), err)
	}
}

// FuzzWrite: whatever stands in a registry, either it is not written or the client
// reads what loomd would give.
func FuzzWrite(f *testing.F) {
	for value := range texts {
		f.Add(value)
	}
	for _, seed := range []string{"{{env:A}}", "${env:A}{env:A}", "$$$${env:A}}", "${env:A}}", "$<env:A>A}"} {
		f.Add(seed)
	}
	lookup := secret.NewLookup(variable, secret.Memory{})
	f.Fuzz(func(t *testing.T, value string) {
		template, err := secret.Parse(value)
		if err != nil {
			return
		}
		for _, ref := range template.Refs() {
			if _, set := vars[ref.Name]; !set && !ref.HasDefault {
				return // loomd starts no such server
			}
		}
		for _, tgt := range target.All() {
			if written, ok := (Want{Target: tgt}).write(value, "A"); ok {
				checkText(t, tgt, clients[tgt.ID], lookup, value, written)
			}
		}
	})
}
