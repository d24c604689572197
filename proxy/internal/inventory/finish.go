package inventory

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/snippet"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// finish says what a server is in the registry, once all that clients have of it is
// known. The first client's is the entry, and what others have otherwise is said for
// them.
func (g *gatherer) finish(s *Server) {
	for _, v := range s.variants {
		s.Items = append(s.Items, v.item)
		s.Lost = append(s.Lost, v.item.Found.Lost...)
	}
	// Approvals and tools that are off are the business of rules.
	s.Lost = slices.DeleteFunc(s.Lost, target.IsSetting)
	slices.Sort(s.Lost)
	s.Lost = slices.Compact(s.Lost)
	base := s.variants[0]
	if there, ok := g.there(s.Name); ok && g.says(there, base.entry) {
		s.Known = true
		g.known(s, there, base)
	}
	s.New = registry.New{
		Description: base.item.Found.Description,
		Command:     base.entry.Command, Args: base.entry.Args, Dir: base.entry.Dir, URL: base.entry.URL,
		Env: g.names(s, base.entry.Env), Headers: g.names(s, base.entry.Headers),
	}
	s.New.Share, s.Reason = share(base.item, base.entry, ours())
	g.differ(s)
	if s.Known {
		s.New = registry.New{}
	}
}

// ours are the programs of the servers that come with Loom.
func ours() []string {
	var names []string
	for _, s := range registry.Shipped() {
		names = append(names, s.Command)
	}
	return names
}

// known takes the names that the registry has for the secrets of a server.
func (g *gatherer) known(s *Server, there registry.Server, v variant) {
	for _, of := range []struct {
		have []registry.EnvVar
		want []variable
	}{{there.Env, v.entry.Env}, {there.Headers, v.entry.Headers}} {
		for _, w := range of.want {
			i := slices.IndexFunc(of.have, func(h registry.EnvVar) bool { return h.Name == w.name })
			if !w.isSecret || i < 0 {
				continue
			}
			name := strings.TrimSuffix(strings.TrimPrefix(of.have[i].Value, w.value+"${secret:"), "}")
			s.Secrets = append(s.Secrets, Secret{Name: name, For: w.name, Value: w.secret, There: true})
		}
	}
}

// names are variables in the registry's words, with names for their secrets.
func (g *gatherer) names(s *Server, all []variable) []registry.EnvVar {
	var out []registry.EnvVar
	for _, v := range all {
		value := v.value
		if v.isSecret {
			value += "${secret:" + g.secret(s, v).Name + "}"
		}
		out = append(out, registry.EnvVar{Name: v.name, Value: value})
	}
	return out
}

// vars are names, and note where the secrets stand.
func (g *gatherer) vars(s *Server, of variant, all []variable) []registry.EnvVar {
	for _, v := range all {
		if v.isSecret {
			one := g.secret(s, v)
			one.Places = append(one.Places, of.item.places(v)...)
		}
	}
	return g.names(s, all)
}

// secret is a value with its name in the keyring: the one that it has already, also
// there, else one that says what it is for.
func (g *gatherer) secret(s *Server, v variable) *Secret {
	for i := range g.plan.Servers {
		for j := range g.plan.Servers[i].Secrets {
			if one := &g.plan.Servers[i].Secrets[j]; one.Value.Equal(v.secret) {
				return one
			}
		}
	}
	base := snippet.SecretName(string(s.Name), v.name)
	one := Secret{For: v.name, Value: v.secret}
	for n := 1; ; n++ {
		one.Name = numbered(base, n)
		taken := slices.ContainsFunc(g.plan.Servers, func(s Server) bool {
			return slices.ContainsFunc(s.Secrets, func(o Secret) bool { return o.Name == one.Name })
		})
		now, there := g.Secret(one.Name)
		if !taken && (!there || now.Equal(v.secret)) {
			one.There = there
			break
		}
	}
	s.Secrets = append(s.Secrets, one)
	return &s.Secrets[len(s.Secrets)-1]
}

// places are where a variable's secret stands in the item's file.
func (i Item) places(v variable) []Place {
	if v.fromEnv != "" {
		return nil
	}
	line := i.Pos.Line
	rest := i.File.Data
	for n := 1; n < i.Pos.Line; n++ {
		_, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	if at := bytes.Index(rest, []byte(v.secret.Reveal())); at >= 0 {
		line += bytes.Count(rest[:at], []byte("\n"))
	}
	return []Place{{i.File.Path, line}}
}

func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n)
}
