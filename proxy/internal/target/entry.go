package target

import (
	"cmp"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// fields are the keys by which a client calls what most clients have. An empty
// one is something that it does not have.
type fields struct {
	kind      string // "type"
	local     string // its value for a process
	remote    string // and for Streamable HTTP
	args, env string
	joined    bool // command is a list with the arguments
	cwd       string
	noFolder  bool   // it does not start a server in the folder that cwd names
	url       string // empty: it starts processes only
	orURL     string // another key that it reads in place of url
	headers   string
	within    string // of the mapping that headers is in, if they have one
	disabled  string // true: off
	enabled   string // false: off
	allow     string // list of tools that need no approval
	describe  string // what the server is for
}

// common is what most clients took over from the first one. Few of them know cwd
// and disabled, but where somebody wrote one it is read for what was meant.
var common = fields{args: "args", env: "env", url: "url", headers: "headers", cwd: "cwd", noFolder: true, disabled: "disabled"}

// entry is nil for what the client has no words for.
func (k fields) entry(l Launch, more ...configfile.Member) configfile.Object {
	lacks := l.Cwd != "" && k.noFolder || len(l.Env) > 0 && k.env == ""
	if l.URL != "" {
		lacks = k.url == "" || len(l.Headers) > 0 && k.headers == ""
	}
	if lacks {
		return nil
	}
	var o configfile.Object
	add := func(key string, value any) {
		if key != "" && value != "" {
			o = append(o, configfile.Member{Key: key, Value: value})
		}
	}
	if l.URL != "" {
		add(k.kind, k.remote)
		add(k.url, l.URL)
		if len(l.Headers) > 0 && k.within != "" {
			add(k.within, configfile.Object{{Key: k.headers, Value: pairs(l.Headers)}})
		} else if len(l.Headers) > 0 {
			add(k.headers, pairs(l.Headers))
		}
	} else {
		add(k.kind, k.local)
		if k.joined {
			add("command", list(append([]string{l.Command}, l.Args...)))
		} else {
			add("command", l.Command)
			add(k.args, list(l.Args))
		}
		if len(l.Env) > 0 {
			add(k.env, pairs(l.Env))
		}
		if l.Cwd != "" {
			add(k.cwd, l.Cwd)
		}
	}
	if len(l.AlwaysAllow) > 0 {
		add(k.allow, list(l.AlwaysAllow))
	}
	add(k.describe, l.Description)
	return append(o, more...)
}

func (k fields) found(o configfile.Object) (Found, bool) {
	var f Found
	known := []string{"command", k.args, k.env, k.url, k.orURL, k.headers, k.cwd, k.disabled, k.enabled, k.within, k.allow, k.kind, "description"}
	command, _ := o.Get("command")
	switch command := command.(type) {
	case string:
		f.Command = command
		f.Args = texts(o, k.args)
	case []any:
		all := stringsOf(command)
		if len(all) == 0 {
			return Found{}, false
		}
		f.Command, f.Args = all[0], all[1:]
	}
	f.Env, f.Headers = vars(o, k.env), vars(k.around(o), k.headers)
	f.URL = cmp.Or(text(o, k.url), text(o, k.orURL))
	f.Cwd, f.Description = text(o, k.cwd), text(o, "description")
	f.AlwaysAllow = texts(o, k.allow)
	if off, _ := o.Get(k.disabled); k.disabled != "" && off == true {
		f.Disabled = true
	}
	if on, ok := o.Get(k.enabled); k.enabled != "" && ok && on == false {
		f.Disabled = true
	}
	f.SSE = text(o, k.kind) == "sse"
	for _, m := range o {
		switch {
		case m.Key == "oauth" || m.Key == "auth" || m.Key == "authProviderType":
			f.OAuth = true
		case !slices.Contains(known, m.Key):
			f.Lost = append(f.Lost, m.Key)
		}
	}
	for _, m := range k.around(o) {
		if k.within != "" && m.Key != k.headers {
			f.Lost = append(f.Lost, k.within+"."+m.Key)
		}
	}
	slices.Sort(f.Lost)
	return f, f.Command != "" || f.URL != ""
}

// around is the mapping that has the headers.
func (k fields) around(o configfile.Object) configfile.Object {
	if k.within == "" {
		return o
	}
	v, _ := o.Get(k.within)
	inner, _ := v.(configfile.Object)
	return inner
}

func pairs(vars []Var) configfile.Object {
	o := configfile.Object{}
	for _, v := range vars {
		o = append(o, configfile.Member{Key: v.Name, Value: v.Value})
	}
	return o
}

func list(texts []string) []any {
	out := make([]any, len(texts))
	for i, s := range texts {
		out[i] = s
	}
	return out
}

func text(o configfile.Object, key string) string {
	v, _ := o.Get(key)
	s, _ := v.(string)
	return s
}

func texts(o configfile.Object, key string) []string {
	v, _ := o.Get(key)
	list, _ := v.([]any)
	return stringsOf(list)
}

func stringsOf(list []any) []string {
	var out []string
	for _, e := range list {
		switch e := e.(type) {
		case string:
			out = append(out, e)
		case configfile.Number:
			out = append(out, string(e))
		}
	}
	return out
}

func vars(o configfile.Object, key string) []Var {
	v, _ := o.Get(key)
	m, _ := v.(configfile.Object)
	var out []Var
	for _, p := range m {
		if s, ok := p.Value.(string); ok {
			out = append(out, Var{p.Key, s})
		}
	}
	return out
}
