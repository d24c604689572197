package inventory

import (
	"slices"

	"github.com/loom-core/loom/registry"
)

// differ says what clients have otherwise than the first. A client that had the server
// switched off has it off; one that all had off is off.
func (g *gatherer) differ(s *Server) {
	no := false
	base := s.variants[0].entry
	if !slices.ContainsFunc(s.variants, func(v variant) bool { return !v.item.Found.Disabled }) {
		s.New.Enabled = &no
	}
	for _, id := range clients(s.variants) {
		of := slices.DeleteFunc(slices.Clone(s.variants), func(v variant) bool { return v.item.File.Target.ID != id })
		t := registry.NewTarget{Client: id}
		if s.New.Enabled == nil && !slices.ContainsFunc(of, func(v variant) bool { return !v.item.Found.Disabled }) {
			t.Enabled = &no
		}
		differs := t.Enabled != nil
		for _, v := range of {
			env, headers := g.vars(s, v, v.entry.Env), g.vars(s, v, v.entry.Headers)
			if v.entry.equal(base) {
				continue
			}
			differs = true
			t.Command, t.URL, t.Dir = other(v.entry.Command, base.Command), other(v.entry.URL, base.URL), other(v.entry.Dir, base.Dir)
			if !slices.Equal(v.entry.Args, base.Args) && v.entry.URL == "" {
				t.Args = append([]string{}, v.entry.Args...)
			}
			t.Env, t.NoEnv = over(env, s.New.Env)
			t.Headers, t.NoHeaders = over(headers, s.New.Headers)
		}
		if differs {
			s.New.Targets = append(s.New.Targets, t)
		}
	}
	if len(s.Items) == 1 { // of several, each would have to allow it
		for _, name := range s.Items[0].Found.AlwaysAllow {
			s.New.Tools = append(s.New.Tools, registry.NewTool{Name: name, AlwaysAllow: true})
		}
	}
}

// clients are those that have a variant, in their order.
func clients(all []variant) []string {
	var ids []string
	for _, v := range all {
		if id := v.item.File.Target.ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func other(mine, base string) string {
	if mine == base {
		return ""
	}
	return mine
}

// over is what has to be put over variables, and which of them go.
func over(mine, base []registry.EnvVar) (set []registry.EnvVar, gone []string) {
	for _, v := range mine {
		if !slices.Contains(base, v) {
			set = append(set, v)
		}
	}
	for _, b := range base {
		if !slices.ContainsFunc(mine, func(v registry.EnvVar) bool { return v.Name == b.Name }) {
			gone = append(gone, b.Name)
		}
	}
	return set, gone
}

// mergeable reports that what a client has can be said as differences from another's: a
// process cannot become an address, and a folder cannot be taken away.
func (e entry) mergeable(base entry) bool {
	return (base.Dir == "" || e.Dir != "") && (base.URL == "") == (e.URL == "")
}
