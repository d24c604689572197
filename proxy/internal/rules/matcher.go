package rules

import (
	"bytes"
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// A hook's matcher is a list of names that are compared exactly, if it has no characters
// but those of one. Any other is an expression, unanchored, over the whole name; an
// invalid one matches nothing. An empty one, and *, match every tool.

// dialect is how a client writes matchers.
type dialect struct {
	list  *regexp.Regexp
	parse func(string) (expression, error) // an error: nobody can say what it matches

	// unsure says that nobody knows whether the client writes - in a name as _.
	unsure bool
}

// expression is a matcher that is no list.
type expression interface{ match(name string) bool }

// The dialects: Claude Code's as measured with 2.1.330, Codex's by its source, that of
// Gemini CLI 0.61.0 and Qwen Code 0.24.4 by their programs.
var (
	claudeMatchers = dialect{regexp.MustCompile(`^[A-Za-z0-9_|, -]*$`), parseJS, false}
	codexMatchers  = dialect{regexp.MustCompile(`^[A-Za-z0-9_|]*$`), parseRust, true}
	geminiMatchers = dialect{regexp.MustCompile(`^\b\B$`), parseJS, false} // there are no lists
)

// probes are names of tools that a server may get later.
var probes = []string{"loom_probe", "x"}

// outsiders are names that a matcher must not come to match.
var outsiders = []string{"Bash", "Read", "mcp__other__loom_probe", "mcp__loom__other__loom_probe", "mcp__loom__loom_probe", "mcp_other_loom_probe", "mcp_loom_other__loom_probe"}

// widened is a matcher that matches in Loom, too, what it matches of the server. The old
// names go on to match. An error says why there is none.
func (m mcpMove) widened(d dialect, matcher string) (string, error) {
	if d.unsure && strings.Contains(m.whole+m.new, "-") {
		d.unsure = false
		for _, m := range []mcpMove{m, m.underscored()} {
			if now, err := m.widened(d, matcher); err != nil || now != matcher {
				return "", cmp.Or(err, errLoses)
			}
		}
		return matcher, nil
	}
	switch {
	case matcher == "" || matcher == "*":
		return matcher, nil
	case d.list.MatchString(matcher):
		return m.longer(matcher), nil
	}
	is, err := d.parse(matcher)
	if err != nil {
		if m.elsewhere(matcher) {
			return matcher, nil
		}
		return "", err
	}
	if !m.loses(is) {
		return matcher, nil
	}
	for _, try := range m.tries(matcher, is) {
		if now, err := d.parse(try); err == nil && m.carries(is, now) {
			return try, nil
		}
	}
	return "", errLoses
}

// errLoses is a matcher for which there is no wider one.
var errLoses = errors.New("in Loom it would not run any more for the same tools")

// underscored is the server with _ for every - in its names.
func (m mcpMove) underscored() mcpMove {
	under := func(name string) string { return strings.ReplaceAll(name, "-", "_") }
	name := m.Name
	m.Name = func(tool string) string { return under(name(tool)) }
	m.whole, m.old, m.new = under(m.whole), under(m.old), under(m.new)
	return m
}

var namedServer = regexp.MustCompile(`mcp_[A-Za-z0-9_-]+`)

// elsewhere reports an expression that spells out other servers in each alternative,
// whatever else it says.
func (m mcpMove) elsewhere(matcher string) bool {
	return !slices.ContainsFunc(topLevel(matcher), func(alternative string) bool {
		plain := bytes.Repeat([]byte(" "), len(alternative))
		walk(alternative, func(i, depth int) bool { // what is in brackets need not be there
			if depth == 0 {
				plain[i] = alternative[i]
			}
			return true
		})
		return !slices.ContainsFunc(namedServer.FindAllString(string(plain), -1), func(name string) bool {
			name = name[:len(name)-1] // the last character may be one that is repeated, or left out
			return !strings.HasPrefix(name, m.whole) && !strings.HasPrefix(m.old, name)
		})
	})
}

// longer is a list of names with those in Loom.
func (m mcpMove) longer(matcher string) string {
	names := strings.FieldsFunc(matcher, func(r rune) bool { return r == '|' || r == ',' })
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	var add []string
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, m.old); ok && rest != "" {
			add = append(add, m.rules(rest)...)
		}
	}
	between := "|"
	if strings.Contains(matcher, ",") && !strings.Contains(matcher, "|") {
		between = ", "
	}
	for _, name := range add {
		if !slices.Contains(names, name) {
			names = append(names, name)
			matcher += between + name
		}
	}
	return matcher
}

func (m mcpMove) all() []string { return append(slices.Clone(m.Tools), probes...) }

// loses reports that a matcher matches a tool by its old name and not by its new one.
func (m mcpMove) loses(is expression) bool {
	return slices.ContainsFunc(m.all(), func(tool string) bool { return is.match(m.before(tool)) && !is.match(m.after(tool)) })
}

// carries reports that a matcher matches what another does, that in Loom too, and nothing
// else.
func (m mcpMove) carries(is, now expression) bool {
	for _, tool := range m.all() {
		before, after := m.before(tool), m.after(tool)
		if now.match(before) != is.match(before) || now.match(after) != (is.match(before) || is.match(after)) {
			return false
		}
	}
	return !slices.ContainsFunc(outsiders, func(name string) bool { return is.match(name) != now.match(name) })
}

var alternatives = regexp.MustCompile(`(mcp__?)\((\?:)?([A-Za-z0-9_-]+(?:\|[A-Za-z0-9_-]+)*)\)`)

// tries are ways in which a matcher may be widened, the most readable first.
func (m mcpMove) tries(matcher string, is expression) []string {
	name := strings.TrimPrefix(m.whole, m.lead)
	inLoom := strings.TrimSuffix(strings.TrimPrefix(m.new, m.lead), m.between)
	both := m.lead + "(" + inLoom + "|" + name + ")"
	tries := []string{
		strings.ReplaceAll(matcher, m.old, both+m.between),
		strings.ReplaceAll(matcher, m.whole, both),
		alternatives.ReplaceAllStringFunc(matcher, func(group string) string {
			parts := alternatives.FindStringSubmatch(group)
			if !slices.Contains(strings.Split(parts[3], "|"), name) {
				return group
			}
			return parts[1] + "(" + parts[2] + inLoom + "|" + parts[3] + ")"
		}),
	}
	if !slices.ContainsFunc(m.all(), func(tool string) bool { return !is.match(m.before(tool)) }) {
		tries = append(tries, matcher+"|^"+m.new)
	}
	return tries
}
