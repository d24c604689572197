package registry

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// randomClientEdit changes what one client has of a server.
func randomClientEdit(random *rand.Rand, data []byte, client string, name ServerName, tool string, on bool) (after []byte, what string, err error) {
	patterns := []string{string(name) + "__" + tool, string(name) + "__get_*"}[:1+random.IntN(2)]
	lists := [2][]string{patterns, nil}
	if random.IntN(2) == 0 {
		lists[0], lists[1] = lists[1], lists[0]
	}
	in := func(c Client, all bool) bool {
		return !slices.ContainsFunc(patterns, func(p string) bool {
			return slices.Contains(slices.Concat(c.Deny, slices.Concat(c.Allow...)), p) != all
		})
	}
	var holds func(*Registry) bool
	switch random.IntN(4) {
	case 0:
		after, _, err = OverrideFor(data, name, client, on)
		what, holds = "target", func(r *Registry) bool { s, _ := r.ServerFor(client, name); return s.Enabled == on }
	case 1:
		if r, err := ParseLayer(editPath, data); err == nil && on { // all lists go
			patterns = append(patterns, slices.Concat(r.Clients[client].Deny, slices.Concat(r.Clients[client].Allow...))...)
		}
		after, _, err = Widen(data, client, patterns, patterns)
		what, holds = "widen", func(r *Registry) bool { return in(r.Clients[client], false) }
	default:
		after, _, err = Narrow(data, client, lists[0], lists[1])
		what, holds = "narrow", func(r *Registry) bool { return in(r.Clients[client], true) }
	}
	if err != nil {
		return nil, what, err
	}
	if r, err := Parse(editPath, after); err == nil && !holds(r) { // what is invalid is reported by who asked
		panic(fmt.Sprintf("%s of %s for %s is not what was asked:\n%s", what, name, client, after))
	}
	return after, what, nil
}
