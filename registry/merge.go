package registry

import (
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// merge puts layers together, earlier ones first. path is that of the registry.
func merge(path string, files []source, policy *source) (*Registry, error) {
	f, origins, problems := readLayers(files)
	var rules *Policy
	if policy != nil {
		var more []Problem
		rules, more = readPolicy(*policy)
		problems = append(problems, more...)
	}
	if len(problems) > 0 {
		return nil, newValidationError(problems)
	}
	all := files
	if policy != nil {
		all = append(slices.Clone(files), *policy)
	}
	r := &Registry{
		Path:      path,
		Policy:    rules,
		Profiles:  f.profiles,
		Clients:   f.clients,
		LearnWait: f.defaults.learnWait,
		Hash:      hashOf(all),

		SecretBackend: f.backend,
		defaults:      f.defaults,
		origins:       origins,
		targets:       map[ServerName]map[string]target{},
	}
	for _, s := range all {
		if s.Layer != "" {
			r.Files = append(r.Files, s.File)
		}
	}
	if _, ok := r.Profiles[DefaultProfile]; !ok {
		r.Profiles[DefaultProfile] = everything()
	}
	for _, e := range f.servers {
		r.Servers = append(r.Servers, e.servers(f.defaults)...)
		if len(e.targets) > 0 {
			r.targets[e.name] = e.targets
		}
	}
	r.sort()
	r.apply(rules)
	return r, nil
}

func (r *Registry) sort() { slices.SortFunc(r.Servers, byName) }

// byName puts what a client has in place of a server behind it.
func byName(a, b Server) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Client, b.Client))
}

// readLayers reads all files, and reports what is wrong in any of them.
func readLayers(files []source) (f *file, at origins, problems []Problem) {
	f = &file{defaults: newDefaults(), profiles: map[string]Profile{}, clients: map[string]Client{}}
	at = origins{}
	var readers []*reader
	var values []map[string]*yaml.Node
	var entries []entry
	broken := false
	for _, s := range files {
		r := &reader{layer: s.Layer, path: s.Path, data: s.data, partial: s.partial}
		readers = append(readers, r)
		root, ok := r.document()
		if !ok {
			broken = true
			values = append(values, nil)
			continue
		}
		v := r.values(root)
		values = append(values, v)
		entries = append(entries, r.begin(v, f)...)
		at.record(r, root)
	}
	servers, more := mergeEntries(entries, at)
	f.servers = servers
	if len(files) == 1 && files[0].partial {
		more = nil // another layer may have the rest
	}
	if !broken { // else what a profile names may be in the file that cannot be read
		problems = more
		for i, r := range readers {
			r.finish(values[i], f)
		}
		for i, r := range readers {
			r.finishClients(values[i], f)
		}
	}
	for _, r := range readers {
		problems = append(problems, r.problems...)
	}
	return f, at, problems
}

// mergeEntries joins the entries of one name, shipped ones below all others.
func mergeEntries(entries []entry, at origins) (merged []entry, problems []Problem) {
	index := map[ServerName]int{}
	remote, process, headers := map[ServerName]Position{}, map[ServerName]Position{}, map[ServerName]Position{}
	for _, e := range entries {
		i, there := index[e.name]
		if !there {
			i = len(merged)
			index[e.name] = i
			merged = append(merged, entry{})
		}
		if base, found := shipped()[e.name]; found && e.shipped && !merged[i].shipped {
			at.under(shippedOrigins(), "servers", string(e.name))
			if there { // an earlier layer said something of it without from
				base = merged[i].over(base)
			}
			merged[i], there = base, true
		}
		if there {
			e = e.over(merged[i])
		}
		merged[i] = e
	}
	for _, e := range entries {
		if e.url != nil {
			remote[e.name] = e.pos
		}
		if e.isProcess() {
			process[e.name] = e.pos
		}
		if e.headers != nil {
			headers[e.name] = e.pos
		}
	}
	for _, e := range merged {
		problem := func(pos Position, hint, format string, args ...any) {
			problems = append(problems, Problem{Pos: pos, Message: fmt.Sprintf(format, args...), Hint: hint})
		}
		far, isRemote := remote[e.name]
		near, isProcess := process[e.name]
		told, tells := headers[e.name]
		// What one entry alone does wrong was reported when it was read.
		if isRemote && isProcess && far != near {
			problem(near, "give it another name", "server %q is described as a process, and as a url in %s", e.name, far)
		}
		if !isRemote && isProcess && tells && told != near {
			problem(told, "a process gets its secrets in env", "headers are for a server with a url, and %q is a process in %s", e.name, near)
		}
		switch {
		case e.command != nil || e.url != nil || e.explained:
		case e.enabled != nil && !*e.enabled: // off, whether or not another layer still has it
		default:
			problem(e.pos, hintShipped(e.name), "server %q has neither a command nor a url", e.name)
		}
		e.targetProblems(far, near, problem)
	}
	return merged, problems
}

// isProcess reports whether an entry has a key that only a process has.
func (e entry) isProcess() bool {
	return e.shipped || e.command != nil || e.args != nil || e.dir != nil || e.env != nil || e.clientEnv != nil || e.limits != limits{}
}
