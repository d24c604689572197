package registry

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// is reports that a registry says of a server what the entry does, and no more.
func (n New) is(r *Registry, name ServerName) bool {
	s, _ := r.Server(name)
	var tools []NewTool
	for _, rule := range s.Tools {
		if rule.AlwaysAllow == nil {
			return false
		}
		tools = append(tools, NewTool{rule.Pattern, *rule.AlwaysAllow})
	}
	if s.Description != n.Description || n.Share != "" && s.Share != n.Share || !slices.Equal(tools, n.Tools) || len(s.Except) != len(n.Targets) {
		return false
	}
	if !n.runs(s) {
		return false
	}
	return !slices.ContainsFunc(n.Targets, func(t NewTarget) bool {
		i := slices.IndexFunc(r.Servers, func(s Server) bool { return s.Name == name && s.Client == t.Client })
		return i < 0 || !n.as(t).runs(r.Servers[i])
	})
}

// as is the entry as a client has it.
func (n New) as(t NewTarget) New {
	n.Enabled = cmp.Or(t.Enabled, n.Enabled)
	n.Command, n.Dir, n.URL = cmp.Or(t.Command, n.Command), cmp.Or(t.Dir, n.Dir), cmp.Or(t.URL, n.URL)
	if t.Args != nil {
		n.Args = t.Args
	}
	same := func(a, b string) bool { return a == b }
	n.Env = overVars(n.Env, t.Env, t.NoEnv, same)
	n.Headers = overVars(n.Headers, t.Headers, t.NoHeaders, strings.EqualFold)
	return n
}

func overVars(base, own []EnvVar, without []string, same func(a, b string) bool) []EnvVar {
	kept := slices.DeleteFunc(slices.Clone(base), func(v EnvVar) bool {
		gone := func(name string) bool { return same(name, v.Name) }
		return slices.ContainsFunc(without, gone) || slices.ContainsFunc(own, func(o EnvVar) bool { return gone(o.Name) })
	})
	return append(kept, own...)
}

// runs compares what is run, and whether.
func (n New) runs(s Server) bool {
	vars := func(all []EnvVar) map[string]string {
		m := map[string]string{}
		for _, v := range all {
			m[v.Name] = v.Value
		}
		return m
	}
	return s.Enabled == value(n.Enabled, true) && s.Command == n.Command && slices.Equal(s.Args, n.Args) && s.Dir == n.Dir && s.URL == n.URL &&
		reflect.DeepEqual(vars(s.Env), vars(n.Env)) && reflect.DeepEqual(vars(s.Headers), vars(n.Headers))
}
