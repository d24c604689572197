package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/core/secret"
)

// ErrNoProjects is that the machine's policy forbids registries of projects.
var ErrNoProjects = errors.New("registries of projects are not allowed here")

// Project is the registry of a project, .loom/registry.yaml: servers for the
// sessions in its folder, and what they may do less there. Whether it counts is
// the user's to say; see the package trust.
type Project struct {
	Dir  string // folder of the project
	Path string // of the file
	Hash string // SHA-256 of the file's bytes, in hex

	Allow    [][]string // at most one list; as in [Profile]
	Deny     []string
	ReadOnly bool

	entries []entry // sorted by name, shipped ones merged
	origins origins
}

var projectKeys = keys{
	known: []string{"version", "servers", "allow", "deny", "read_only"},
	hints: map[string]string{
		"profiles": "a project has allow, deny and read_only; profiles are the user's own",
		"clients":  "which client has which profile is the user's own affair",
		"defaults": "write it into the servers",
		"secrets":  "where secrets are kept is the user's own affair",
	},
}

// ParseProject reads the text of the registry of the project in dir, which is
// absolute. The error is a [*ValidationError].
func ParseProject(dir string, data []byte) (*Project, error) {
	sum := sha256.Sum256(data)
	p := &Project{Dir: dir, Path: ProjectFile(dir), Hash: hex.EncodeToString(sum[:]), origins: origins{}}
	r := &reader{layer: LayerProject, path: p.Path, data: data}
	root, ok := r.document()
	if !ok {
		return nil, newValidationError(r.problems)
	}
	var own []entry
	r.fields(root, "the registry of a project", projectKeys, func(key string, v *yaml.Node) {
		switch key {
		case "version":
			r.version(v)
		case "servers":
			own = r.projectServers(v, dir)
		case "allow":
			if globs := r.policyGlobs(v, key); len(globs) == 0 && v.Kind != yaml.AliasNode {
				r.problem(v, `remove the key to allow all, or write deny: ["*"]`, "allow names nothing")
			} else {
				p.Allow = [][]string{globs}
			}
		case "deny":
			p.Deny = r.policyGlobs(v, key)
		case "read_only":
			p.ReadOnly, _ = r.boolean(v, key)
		}
	})
	p.origins.record(r, root)
	entries, problems := mergeEntries(own, p.origins)
	if problems = append(problems, r.problems...); len(problems) > 0 {
		return nil, newValidationError(problems)
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(string(a.name), string(b.name)) })
	p.entries = entries
	return p, nil
}

// projectServers reads entries that stand in a project: paths may be relative to
// it, and what is written there cannot pass for a program of Loom's.
func (r *reader) projectServers(n *yaml.Node, dir string) []entry {
	r.base = dir
	entries := r.servers(n)
	for i, e := range entries {
		_, known := shipped()[e.name]
		if known && !e.shipped {
			r.report(e.pos, "choose another name, or write {from: shipped} for it", "the name %q is that of a server that comes with loom", e.name)
		}
		if e.shipped && e.command != nil {
			r.report(e.pos, "remove it", "server %q is the one that comes with loom, and a project cannot give it another command", e.name)
		}
		for client, t := range e.targets {
			if e.shipped && t.command != nil {
				r.report(t.at["command"], "remove it", "server %q is the one that comes with loom, and a project cannot give it another command for target %q", e.name, client)
			}
		}
		if e.shipped && e.name == neverByOthers {
			r.report(e.pos, "loom enable "+neverByOthers, "%q is for the user alone to enable", e.name)
		}
		if e.dir == nil && e.url == nil {
			text := escape(dir)
			entries[i].dir = &text
		}
		if e.share == nil {
			share := ShareWorkspace
			entries[i].share = &share
		}
	}
	return entries
}

// neverByOthers changes clusters.
const neverByOthers = "k8s-ops"

// Servers are those of the project, as they are under the defaults of r.
func (p *Project) servers(r *Registry) []Server {
	var servers []Server
	for _, e := range p.entries {
		for _, s := range e.servers(r.defaults) {
			s.Project = p.Dir
			servers = append(servers, s)
		}
	}
	return servers
}

// Servers are those of the project, sorted by name, with what holds where
// nobody says otherwise. What a client has in place of one is behind it.
func (p *Project) Servers() []Server { return p.servers(&Registry{defaults: newDefaults()}) }

// Secrets are the names of the secrets that the project's servers would get,
// sorted.
func (p *Project) Secrets() []string {
	secrets, _ := p.references()
	return secrets
}

// EnvNames are the variables of loomd's environment and of the client's shell
// that the project's servers would get, sorted.
func (p *Project) EnvNames() []string {
	_, env := p.references()
	return env
}

func (p *Project) references() (secrets, env []string) {
	found := map[bool]map[string]bool{false: {}, true: {}}
	for _, s := range p.Servers() {
		texts := slices.Concat([]string{s.Command, s.Dir, s.URL}, s.Args)
		for _, v := range slices.Concat(s.Env, s.Headers) {
			texts = append(texts, v.Value)
		}
		for _, text := range texts {
			t, err := secret.Parse(text)
			if err != nil {
				continue // a project that was read has none of these
			}
			for _, ref := range t.Refs() {
				found[ref.Kind == secret.Env][ref.Name] = true
			}
		}
		for _, name := range s.ClientEnv {
			found[true][name] = true
		}
	}
	return slices.Sorted(maps.Keys(found[false])), slices.Sorted(maps.Keys(found[true]))
}

// With is r for the sessions in a project: its servers beside the user's, and
// every profile narrowed. r is not changed. granted is what of the user's own
// the project's servers may have. The error is a [*ValidationError] if the
// project redefines a server of the user's or the machine's.
func (r *Registry) With(p *Project, granted Granted) (*Registry, error) {
	if r.Policy != nil && r.Policy.NoProjects {
		return nil, fmt.Errorf("%w: %s", ErrNoProjects, because(r.Policy.pos("projects")))
	}
	next := *r
	next.Servers = slices.Clone(r.Servers)
	next.Profiles = make(map[string]Profile, len(r.Profiles))
	var problems []Problem
	for _, s := range p.servers(r) {
		if own, ok := r.Server(s.Name); ok {
			if s.Client != "" { // said of the server itself
				continue
			}
			problems = append(problems, Problem{Pos: s.Pos, Message: fmt.Sprintf("server %q is there already, from %s", s.Name, own.Pos), Hint: "a project adds servers; give it another name"})
			continue
		}
		s.Granted = granted
		if r.Policy != nil {
			s = r.Policy.over(s)
		}
		next.Servers = append(next.Servers, s)
	}
	if len(problems) > 0 {
		return nil, newValidationError(problems)
	}
	next.sort()
	for name, profile := range r.Profiles {
		profile.Allow = slices.Concat(profile.Allow, p.Allow)
		profile.Deny = slices.Concat(profile.Deny, p.Deny)
		profile.ReadOnly = profile.ReadOnly || p.ReadOnly
		next.Profiles[name] = profile
	}
	next.targets = map[ServerName]map[string]target{}
	maps.Copy(next.targets, r.targets)
	for _, e := range p.entries {
		if len(e.targets) > 0 {
			next.targets[e.name] = e.targets
		}
	}
	next.Files = append(slices.Clone(r.Files), File{LayerProject, p.Path})
	next.origins = maps.Clone(r.origins)
	maps.Copy(next.origins, p.origins)
	next.Hash = r.Hash + "+" + p.Hash
	return &next, nil
}

// escape makes a text of a reference-free one.
func escape(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// ProjectFile is the registry of the project in dir.
func ProjectFile(dir string) string { return filepath.Join(dir, ".loom", "registry.yaml") }
