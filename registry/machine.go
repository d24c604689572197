package registry

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Policy is the machine's /etc/loom/policy.yaml. It can only take away: no user,
// project, profile or --registry has what it does not let through. A nil list
// is a key that is not there and forbids nothing; an empty one forbids all.
type Policy struct {
	Path     string
	Servers  []string   // globs of names: which servers there may be
	Allow    [][]string // at most one list; as in [Profile]
	Deny     []string
	Commands []string // globs of whole paths
	URLs     []string // globs of addresses; see [Bounds.CheckURL]

	ReadOnly   bool
	Enforce    bool // pinned: enforce
	NoProjects bool // projects: deny

	at map[string]Position // of each key
}

var policyKeys = keys{
	known: []string{"version", "servers", "allow", "deny", "commands", "urls", "read_only", "pinned", "projects"},
	hints: map[string]string{
		"profiles": "a policy takes away; what there is goes into registry.d beside it",
		"clients":  "a policy takes away; what there is goes into registry.d beside it",
		"defaults": "a policy takes away; what there is goes into registry.d beside it",
	},
}

// ParsePolicy reads the text of a policy. path is used in messages only. The
// error is a [*ValidationError].
func ParsePolicy(path string, data []byte) (*Policy, error) {
	p, problems := readPolicy(source{File: File{LayerPolicy, path}, data: data})
	if len(problems) > 0 {
		return nil, newValidationError(problems)
	}
	return p, nil
}

func readPolicy(s source) (*Policy, []Problem) {
	r := &reader{layer: s.Layer, path: s.Path, data: s.data}
	p := &Policy{Path: s.Path, at: map[string]Position{}}
	root, ok := r.document()
	if !ok {
		return nil, r.problems
	}
	if root == nil {
		r.at(1, 1, "remove the file, or write version: 1", "the policy is empty")
	}
	r.fields(root, "a policy", policyKeys, func(key string, v *yaml.Node) {
		p.at[key] = r.pos(v)
		switch key {
		case "version":
			r.version(v)
		case "servers":
			p.Servers = r.bounds(v, key, checkGlob)
		case "commands":
			p.Commands = r.bounds(v, key, checkCommandGlob)
		case "urls":
			p.URLs = r.bounds(v, key, checkURLGlob)
		case "allow":
			if globs := r.policyGlobs(v, key); len(globs) == 0 && v.Kind != yaml.AliasNode {
				r.problem(v, `remove the key to allow all, or write deny: ["*"]`, "allow names nothing")
			} else {
				p.Allow = [][]string{globs}
			}
		case "deny":
			if p.Deny = r.policyGlobs(v, key); len(p.Deny) == 0 && v.Kind != yaml.AliasNode {
				r.problem(v, "remove the key", "deny names nothing")
			}
		case "read_only":
			p.ReadOnly, _ = r.boolean(v, key)
		case "pinned":
			text, _ := r.word(v, key, "show", "enforce")
			p.Enforce = text == "enforce"
		case "projects":
			text, _ := r.word(v, key, "allow", "deny")
			p.NoProjects = text == "deny"
		}
	})
	return p, r.problems
}

// bounds reads a list that may be empty, which forbids all, but not left out:
// what is left when the last entry was commented out could be meant as either.
func (r *reader) bounds(n *yaml.Node, what string, check func(string) error) []string {
	globs := []string{}
	if isNull(n) {
		r.problem(n, "write [] for none at all", "%s names nothing", what)
	}
	r.list(n, what, func(n *yaml.Node, text string) {
		if err := check(text); err != nil {
			r.problem(n, "", "%v", err)
		}
		globs = append(globs, text)
	})
	return globs
}

// policyGlobs reads patterns of server__tool. Not every user of the machine has
// every server, so one that nobody here knows is no mistake.
func (r *reader) policyGlobs(n *yaml.Node, what string) []string {
	var globs []string
	r.list(n, what, func(n *yaml.Node, text string) {
		globs = append(globs, text)
		if err := checkGlob(text); err != nil {
			r.problem(n, "", "%v", err)
			return
		}
		server, _, _ := strings.Cut(text, "_")
		r.toolGlob(n, text, what, []string{server})
	})
	return globs
}

// pos is where a key stands; a policy that was made by hand has no places.
func (p *Policy) pos(key string) Position {
	if pos, ok := p.at[key]; ok {
		return pos
	}
	return Position{File: p.Path, Line: 1, Column: 1}
}

// because is what a policy says that it forbids something: file and line.
func because(pos Position) string {
	place, _, _ := cutLast(pos.String(), ":")
	return "forbidden by " + place
}

// apply narrows what r has. It is done once, when everything else is there.
func (r *Registry) apply(p *Policy) {
	if p == nil {
		return
	}
	for i := range r.Servers {
		r.Servers[i] = p.over(r.Servers[i])
	}
	for name, profile := range r.Profiles {
		r.Profiles[name] = profile.under(p)
	}
}

// over is s as the policy leaves it.
func (p *Policy) over(s Server) Server {
	s.Bounds = Bounds{Commands: p.Commands, URLs: p.URLs}
	if p.Commands != nil {
		s.Bounds.CommandsAt = p.pos("commands")
	}
	if p.URLs != nil {
		s.Bounds.URLsAt = p.pos("urls")
	}
	if p.Servers != nil && !slices.ContainsFunc(p.Servers, func(glob string) bool { return matchGlob(glob, string(s.Name)) }) {
		s.Denied = because(p.pos("servers"))
	} else if err := s.checkLiteral(); err != nil {
		s.Denied = err.Error()
	}
	s.Enabled = s.Enabled && s.Denied == ""
	return s
}

// under is the profile with a policy over it. What the profile and the client
// say stays.
func (p Profile) under(rules *Policy) Profile {
	if rules == nil {
		return p
	}
	p.Allow = slices.Concat(rules.Allow, p.Allow)
	p.Deny = slices.Concat(rules.Deny, p.Deny)
	p.ReadOnly = p.ReadOnly || rules.ReadOnly
	p.Strict = rules.ReadOnly
	p.Enforce = p.Enforce || rules.Enforce
	return p
}

// DeniesTool says where the policy forbids a tool, whatever a profile says;
// empty: it does not. Tools that do not only read are not looked at.
func (p *Policy) DeniesTool(s Server, tool string) string {
	if p == nil {
		return ""
	}
	if !(Profile{Allow: p.Allow}).AllowsTool(s, tool, ToolHint{}) {
		return because(p.pos("allow"))
	}
	if !(Profile{Deny: p.Deny}).AllowsTool(s, tool, ToolHint{}) {
		return because(p.pos("deny"))
	}
	return ""
}
