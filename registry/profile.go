package registry

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DefaultProfile is the profile of a session that names none.
const DefaultProfile = "default"

// Profile is a choice of servers, and of what may be done with them.
type Profile struct {
	// Name is that of the file, with more behind a NUL byte for a profile that
	// was narrowed: two that differ never have the same name.
	Name       string
	Servers    []string // globs of server names
	Categories []string

	// Allow and Deny are globs of server__tool, with the server's own names. A
	// tool has to match something in each list of Allow: one is the profile's
	// own and one the client's. No list allows all; Deny is stronger.
	Allow    [][]string
	Deny     []string
	ReadOnly bool // only tools that read
	Strict   bool `json:",omitzero"` // ReadOnly is of the machine's policy; see [Profile.AllowsTool]
	Search   bool // tools: search: clients see Loom's search tools in place of all definitions
	Bare     bool // names: bare: one server under its own names
	Enforce  bool // pinned: enforce: a definition that changed since it was pinned is held back
	Pos      Position
}

// Client is what a registry says of one client, by the name in --client.
type Client struct {
	Profile string
	Allow   [][]string // at most one list; see [Profile]
	Deny    []string
}

// ProfileFor is the profile of a session: the one it names, else the one that
// the registry gives to its client, else default. Both arguments may be empty.
// What the client's own entry forbids stays forbidden, whichever profile the
// session names.
func (r *Registry) ProfileFor(client, profile string) (Profile, error) {
	own := r.Clients[client]
	name := profile
	if name == "" {
		name = own.Profile
	}
	if name == "" {
		name = DefaultProfile
	}
	p, ok := r.Profiles[name]
	switch {
	case ok:
	case name == DefaultProfile: // a Registry that was made by hand
		p = everything().under(r.Policy)
	default:
		// Never another profile in its place: it might allow more.
		known := slices.Sorted(maps.Keys(r.Profiles))
		return Profile{}, fmt.Errorf("unknown profile %q: the registry has %s", name, strings.Join(known, ", "))
	}
	return p.narrowedBy(client, own), nil
}

// narrowedBy is p with the lists of a client on top.
func (p Profile) narrowedBy(name string, c Client) Profile {
	if len(c.Allow) == 0 && len(c.Deny) == 0 {
		return p
	}
	p.Name += "\x00client:" + name
	p.Allow = slices.Concat(p.Allow, c.Allow)
	p.Deny = slices.Concat(p.Deny, c.Deny)
	return p
}

// BareServer is the profile of `loom proxy --server NAME`: p, of that server alone,
// under its own names.
func (p Profile) BareServer(server ServerName) Profile {
	p.Name += "\x00" + string(server) // no name of a file has it
	p.Servers, p.Categories, p.Bare, p.Search = []string{string(server)}, nil, true, false
	return p
}

// everything is the default profile of a registry that describes none.
func everything() Profile { return Profile{Name: DefaultProfile, Servers: []string{"*"}} }

// Allows reports whether the profile chooses s, by name or by category. A
// profile with neither allows nothing. Whether s is enabled is another
// question, and both have to be asked.
func (p Profile) Allows(s Server) bool {
	byName := func(glob string) bool { return matchGlob(glob, string(s.Name)) }
	byCategory := func(c string) bool { return slices.Contains(s.Categories, c) }
	return slices.ContainsFunc(p.Servers, byName) || slices.ContainsFunc(p.Categories, byCategory)
}
