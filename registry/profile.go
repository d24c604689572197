package registry

import "slices"

// DefaultProfile is the profile of a session that names none.
const DefaultProfile = "default"

// Profile is a choice of servers.
type Profile struct {
	Name       string
	Servers    []string // globs of server names
	Categories []string
	Pos        Position // zero for the default profile that no file describes
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
