package registry

import "slices"

// DefaultProfile is the profile of a session that names none.
const DefaultProfile = "default"

// Profile is a choice of servers, and of what may be done with them.
type Profile struct {
	Name       string
	Servers    []string // globs of server names
	Categories []string

	// Allow and Deny are globs of server__tool, with the server's own names.
	// An empty Allow allows all; Deny is stronger.
	Allow, Deny []string
	ReadOnly    bool // only tools that read
	Search      bool // tools: search: clients see Loom's search tools in place of all definitions
	Bare        bool // names: bare: one server under its own names
	Enforce     bool // pinned: enforce: a definition that changed since it was pinned is held back
	Pos         Position
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
