package registry

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// keys are the keys of one kind of mapping: what this version honours, and what
// it refuses because a later one is going to.
type keys struct{ known, later []string }

// A key moves from later to known in the commit that makes it work.
var (
	fileKeys = keys{
		known: []string{"version", "defaults", "servers", "profiles", "clients"},
		later: []string{"drain", "limits", "max_result_bytes", "max_structured_bytes", "names", "pinned", "targets", "tools"},
	}
	defaultsKeys = keys{
		known: []string{"timeout", "idle_timeout", "learn_wait"},
		later: []string{"drain", "limits", "max_result_bytes", "max_structured_bytes", "names", "tools"},
	}
	serverKeys = keys{
		known: []string{"from", "description", "command", "args", "cwd", "env", "categories", "share", "concurrency", "timeout", "idle_timeout", "tools", "enabled"},
		later: []string{"aliases", "client_env", "drain", "headers", "limits", "max_result_bytes", "max_structured_bytes", "names", "pinned", "read_only", "read_only_tools", "targets", "url"},
	}
	toolKeys = keys{
		known: []string{"enabled"},
		later: []string{"alias", "aliases", "always_allow", "description", "max_result_bytes", "max_structured_bytes", "pinned", "read_only"},
	}
	profileKeys = keys{
		known: []string{"servers", "categories"},
		later: []string{"names", "pinned", "read_only", "targets", "tools"},
	}
)

// fields calls visit for each known key of n, once.
func (r *reader) fields(n *yaml.Node, what string, k keys, visit func(key string, value *yaml.Node)) {
	r.entries(n, what, func(key, value *yaml.Node) {
		switch {
		case slices.Contains(k.known, key.Value):
			visit(key.Value, value)
		case slices.Contains(k.later, key.Value):
			r.problem(key, "", "%q is not supported by this version of loom yet", key.Value)
		default:
			r.problem(key, didYouMean(key.Value, k.known), "unknown key %q in %s", key.Value, what)
		}
	})
}

// entries calls visit for each pair of a mapping with keys of the user's own.
// An empty value is an empty mapping: that is what is left when the last entry
// was commented out.
func (r *reader) entries(n *yaml.Node, what string, visit func(key, value *yaml.Node)) {
	if isNull(n) || n.Kind == yaml.AliasNode {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.wrongType(n, what+" must be a mapping")
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch line, twice := first[key.Value]; {
		case key.Kind == yaml.AliasNode: // reported
		case key.Kind != yaml.ScalarNode:
			r.wrongType(key, "a key must be text")
		case isMerge(key):
			r.problem(key, "write the keys out", "the merge key << is refused: a registry must read the same for everyone")
		case twice:
			r.problem(key, "", "%q is given twice, first in line %d", key.Value, line)
		default:
			first[key.Value] = key.Line
			visit(key, value)
		}
	}
}

// wrongType says what should be there and what is.
func (r *reader) wrongType(n *yaml.Node, must string) {
	is := "something else"
	switch {
	case isNull(n):
		is = "empty"
	case n.Kind == yaml.MappingNode:
		is = "a mapping"
	case n.Kind == yaml.SequenceNode:
		is = "a list"
	case n.Kind == yaml.ScalarNode:
		is = fmt.Sprintf("%q", n.Value)
	}
	r.problem(n, "", "%s, this is %s", must, is)
}

func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == 0 || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func isMerge(n *yaml.Node) bool { return n.ShortTag() == "!!merge" }

// didYouMean is a hint, empty when nothing known is near.
func didYouMean(word string, known []string) string {
	best, nearest := 1+max(1, min(2, len(word)/3)), ""
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d < best {
			best, nearest = d, k
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", nearest)
}

// distance is the number of letters to insert, drop, change or swap with their
// neighbour that makes b of a.
func distance(a, b string) int {
	if len(a) > 64 { // no key is; the work is the product of the lengths
		return len(a)
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
