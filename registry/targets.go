package registry

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// target is what an entry says of one client: nil is a key that is not there.
type target struct {
	pos        Position
	at         map[string]Position // of each key
	enabled    *bool
	command    *string
	args       []string // nil if not there, empty if there and empty
	dir        *string
	env        map[string]*string // nil takes the variable out
	url        *string
	headers    map[string]*string // the same
	ownCommand bool               // command is of a layer that is the user's to write
}

// targets reads what an entry says of clients, by their names in --client. Which
// clients there are is not known here.
func (r *reader) targets(n *yaml.Node) map[string]target {
	targets := map[string]target{}
	r.entries(n, "targets", func(key, v *yaml.Node) {
		r.label(key, key.Value, "client")
		before := len(r.problems)
		t := r.target(v)
		t.pos = r.pos(key)
		if len(t.at) == 0 && len(r.problems) == before && v.Kind != yaml.AliasNode {
			r.problem(key, "write {enabled: false} to keep the server from that client", "the target %q says nothing", key.Value)
		}
		targets[key.Value] = t
	})
	return targets
}

func (r *reader) target(n *yaml.Node) target {
	t := target{at: map[string]Position{}}
	nodes := map[string]*yaml.Node{}
	r.fields(n, "a target", targetKeys, func(key string, v *yaml.Node) {
		nodes[key], t.at[key] = v, r.pos(v)
		switch key {
		case "enabled":
			if on, ok := r.boolean(v, key); ok {
				t.enabled = &on
			}
		case "command":
			t.command, t.ownCommand = r.command(v), !r.layer.theirs()
		case "args":
			t.args = r.args(v)
		case "cwd":
			t.dir = r.dir(v)
		case "env":
			t.env = changes(r.env, v)
		case "url":
			t.url = r.url(v)
		case "headers":
			t.headers = changes(r.headers, v)
		}
	})
	r.whereabouts(nodes)
	return t
}

// changes are what a mapping sets, and as nil what it takes out.
func changes(read func(n *yaml.Node, gone func(name string)) map[string]string, n *yaml.Node) map[string]*string {
	changes := map[string]*string{}
	for name, text := range read(n, func(name string) { changes[name] = nil }) {
		changes[name] = &text
	}
	return changes
}

// mergeTargets puts own over those of an earlier layer, key by key.
func mergeTargets(own, base map[string]target) map[string]target {
	if len(own) == 0 {
		return base
	}
	merged := maps.Clone(own)
	for client, t := range base {
		merged[client] = own[client].over(t)
	}
	return merged
}

// over puts t on top of what an earlier layer says of the client.
func (t target) over(base target) target {
	merged := t
	if t.at == nil { // t is not there
		merged.pos = base.pos
	}
	merged.at = maps.Clone(base.at)
	maps.Copy(merged.at, t.at)
	merged.enabled = cmp.Or(t.enabled, base.enabled)
	merged.command = cmp.Or(t.command, base.command)
	merged.dir = cmp.Or(t.dir, base.dir)
	merged.url = cmp.Or(t.url, base.url)
	if t.args == nil {
		merged.args = base.args
	}
	if t.command == nil {
		merged.ownCommand = base.ownCommand
	}
	if t.env == nil {
		merged.env = base.env
	} else {
		merged.env = maps.Clone(base.env)
		if merged.env == nil {
			merged.env = map[string]*string{}
		}
		maps.Copy(merged.env, t.env)
	}
	merged.headers = mergeHeaders(t.headers, base.headers)
	return merged
}

// of is the entry as the client has it. Nothing of it is shared with e, so that what
// one client gets never reaches another.
func (t target) of(e entry) entry {
	own := entry{
		name: e.name, pos: t.pos, layer: e.layer, enabled: t.enabled,
		command: t.command, args: t.args, dir: t.dir, env: set(t.env), url: t.url, headers: set(t.headers),
	}
	v := own.over(e)
	v.ownCommand = v.shipped && (t.command != nil && t.ownCommand || t.command == nil && e.ownCommand)
	v.headers = maps.Clone(v.headers)
	for name, text := range t.env {
		if text == nil {
			delete(v.env, name)
			v.clientEnv = slices.DeleteFunc(v.clientEnv, func(given string) bool { return given == name }) // a list of its own, see over
		}
	}
	for name, text := range t.headers {
		if text == nil {
			maps.DeleteFunc(v.headers, func(other, _ string) bool { return strings.EqualFold(name, other) })
		}
	}
	return v
}

// set are the changes that are not taken out.
func set(changes map[string]*string) map[string]string {
	if changes == nil {
		return nil
	}
	texts := map[string]string{}
	for name, text := range changes {
		if text != nil {
			texts[name] = *text
		}
	}
	return texts
}

// servers are the server of the entry, and behind it those that clients have in
// its place, by the name of the client.
func (e entry) servers(d defaults) []Server {
	all := []Server{e.server(d)}
	for _, client := range slices.Sorted(maps.Keys(e.targets)) {
		s := e.targets[client].of(e).server(d)
		s.Client = client
		all = append(all, s)
		all[0].Except = append(all[0].Except, client)
	}
	return all
}

// isBoth reports keys in one target that do not go together; see [reader.whereabouts].
func (t target) isBoth() bool {
	there := func(key string) bool { _, ok := t.at[key]; return ok }
	return there("url") && slices.ContainsFunc(processKeys, there) || there("headers") && there("command")
}

// targetProblems are those that only the whole entry shows. remote and process
// say where it is described as which.
func (e entry) targetProblems(remote, process Position, problem func(pos Position, hint, format string, args ...any)) {
	for _, client := range slices.Sorted(maps.Keys(e.targets)) {
		t := e.targets[client]
		if t.isBoth() {
			continue // reported when it was read
		}
		isRemote, isProcess := e.url != nil, e.shipped || e.command != nil
		for _, key := range []string{"url", "headers"} {
			if at, ok := t.at[key]; ok && isProcess && !isRemote {
				problem(at, "give the remote one another name, and keep this one from "+client+": {enabled: false}", "target %q has %s, and %q is a process in %s", client, key, e.name, process)
			}
		}
		for _, key := range processKeys {
			if at, ok := t.at[key]; ok && isRemote && !isProcess {
				problem(at, "give the process another name, and keep this one from "+client+": {enabled: false}", "target %q has %s, and %q is a url in %s", client, key, e.name, remote)
			}
		}
		off := !value(e.enabled, true) // else it was reported of the server
		if v := t.of(e); off && v.command == nil && v.url == nil && !e.explained && value(v.enabled, true) {
			problem(t.pos, hintShipped(e.name), "server %q has neither a command nor a url for target %q", e.name, client)
		}
	}
}
