package registry

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// keys are the keys of one kind of mapping: what this version honours, and what
// it refuses because a later one is going to.
type keys struct {
	known, later []string
	hints        map[string]string // what to do about a key that is not known
}

const (
	noOAuth      = "there is no OAuth yet; a token that does not change goes into headers: {Authorization: \"Bearer ${secret:NAME}\"}"
	intoDefaults = "write it under defaults:"
	intoProfile  = "write it into the profile, under profiles:"
	intoServer   = "write it into the server: it is the same for every client"
	intoClient   = "write it under clients: {CLIENT: {profile: …, allow: […], deny: […]}}"
	intoToolRule = "a tool's other name goes into its rule: tools: {TOOL: {alias: NAME}}"
)

// A key moves from later to known in the commit that makes it work.
var (
	fileKeys = keys{
		known: []string{"version", "defaults", "servers", "profiles", "clients", "secrets"},
		hints: map[string]string{
			"targets": "write it into a server: servers: {NAME: {targets: {CLIENT: {…}}}}",
			"drain":   intoDefaults, "idle_timeout": intoDefaults, "learn_wait": intoDefaults, "limits": intoDefaults,
			"max_result_bytes": intoDefaults, "max_structured_bytes": intoDefaults, "timeout": intoDefaults,
			"names": intoProfile, "pinned": intoProfile, "read_only": intoProfile, "tools": intoProfile,
		},
	}
	defaultsKeys = keys{
		known: []string{"timeout", "idle_timeout", "learn_wait", "drain", "limits", "max_result_bytes", "max_structured_bytes"},
		hints: map[string]string{"names": intoProfile, "pinned": intoProfile, "read_only": intoProfile, "tools": intoProfile},
	}
	serverKeys = keys{
		known: []string{
			"from", "description", "command", "args", "cwd", "env", "url", "headers", "client_env", "limits",
			"categories", "share", "concurrency", "timeout", "idle_timeout", "drain",
			"max_result_bytes", "max_structured_bytes", "read_only_tools", "tools", "enabled", "targets",
		},
		later: []string{"aliases", "auth", "authorization", "oauth"},
		hints: map[string]string{
			"aliases": intoToolRule,
			"auth":    noOAuth, "authorization": noOAuth, "oauth": noOAuth,
			"names": intoProfile, "pinned": intoProfile, "read_only": "name the tools in read_only_tools, or write read_only into a profile",
		},
	}
	targetKeys = keys{
		known: []string{"enabled", "command", "args", "cwd", "env", "url", "headers"},
		hints: map[string]string{
			"from": intoServer, "description": intoServer, "client_env": intoServer, "limits": intoServer, "categories": intoServer, "share": intoServer,
			"concurrency": intoServer, "timeout": intoServer, "idle_timeout": intoServer, "drain": intoServer,
			"max_result_bytes": intoServer, "max_structured_bytes": intoServer, "read_only_tools": intoServer,
			"tools": intoClient, "allow": intoClient, "deny": intoClient, "profile": intoClient,
		},
	}
	secretsKeys = keys{known: []string{"backend"}, hints: map[string]string{"order": "the order is fixed; name one backend"}}
	limitKeys   = keys{known: []string{"memory", "processes"}}
	toolKeys    = keys{
		known: []string{"enabled", "always_allow", "alias", "description", "max_result_bytes", "max_structured_bytes"},
		hints: map[string]string{"aliases": "a tool has one other name: alias", "read_only": "name the tool in read_only_tools of the server", "pinned": intoProfile},
	}
	profileKeys = keys{
		known: []string{"servers", "categories", "allow", "deny", "read_only", "tools", "names", "pinned"},
		hints: map[string]string{"targets": "which client has which profile stands under clients:"},
	}
	clientKeys = keys{
		known: []string{"profile", "allow", "deny"},
		hints: map[string]string{
			"targets": "write it into the server: servers: {NAME: {targets: {CLIENT: {…}}}}",
			"servers": intoProfile, "categories": intoProfile,
			"names": intoProfile, "pinned": intoProfile, "read_only": intoProfile, "tools": intoProfile,
		},
	}
)

// fields calls visit for each known key of n, once.
func (r *reader) fields(n *yaml.Node, what string, k keys, visit func(key string, value *yaml.Node)) {
	r.entries(n, what, func(key, value *yaml.Node) {
		switch hint := k.hints[key.Value]; {
		case slices.Contains(k.known, key.Value):
			visit(key.Value, value)
		case slices.Contains(k.later, key.Value):
			r.problem(key, hint, "%q is not supported by this version of loom yet", key.Value)
		default:
			r.problem(key, cmp.Or(hint, didYouMean(key.Value, k.known)), "unknown key %q in %s", key.Value, what)
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
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str":
		is = fmt.Sprintf("the text %q", n.Value)
	case n.Kind == yaml.ScalarNode:
		is = n.Value
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
