package snippet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/registry"
)

// The words that clients have for one thing.
var (
	urlKeys    = []string{"url", "httpUrl", "serverUrl", "uri"}
	envKeys    = []string{"env", "environment", "envs"}
	headerKeys = []string{"headers", "http_headers"}
	argsKeys   = []string{"args", "arguments"}
	// What clients have of their own, and what says nothing that Loom has to know.
	clientKeys = []string{
		"type", "transport", "command", "cmd", "cwd", "description", "name", "enabled", "disabled", "timeout", "alwaysAllow", "autoApprove",
		"trust", "tools", "includeTools", "excludeTools", "source", "gallery", "version", "startup_timeout_sec", "tool_timeout_sec", "bundled",
	}
)

// read makes an entry of what a client has.
func read(e configfile.Entry) (Server, error) {
	var err error
	s := Server{Name: e.Key}
	fail := func(format string, args ...any) (Server, error) {
		err := fmt.Errorf(format, args...)
		if e.Key != "" {
			err = fmt.Errorf("%s: %w", e.Key, err)
		}
		return Server{}, err
	}
	o, ok := e.Value.(configfile.Object)
	if !ok {
		return fail("it is no object")
	}
	if nested, ok := o.Get("transport"); ok { // Cline's newer form has all of it in there
		if inner, ok := nested.(configfile.Object); ok {
			o = inner
		}
	}
	if nested, ok := o.Get("command"); ok { // Zed's older form has a program and its arguments in there
		if inner, ok := nested.(configfile.Object); ok {
			s.Entry.Command, s.Entry.Args = text(inner, "path"), texts(inner, argsKeys...)
		}
	}
	kind := strings.ToLower(text(o, "type", "transport"))
	if s.Entry.Command == "" {
		s.Entry.Command, s.Entry.Args = text(o, "command", "cmd"), texts(o, argsKeys...)
	}
	if command := texts(o, "command"); len(command) > 0 {
		s.Entry.Command, s.Entry.Args = command[0], append(command[1:], s.Entry.Args...)
	}
	s.Entry.URL, s.Entry.Dir, s.Entry.Description = text(o, urlKeys...), text(o, "cwd"), text(o, "description")
	for _, m := range o {
		switch {
		case (m.Key == "oauth" || m.Key == "auth") && (m.Value == nil || m.Value == false): // it says that there is none
		case m.Key == "oauth", m.Key == "auth", m.Key == "authProviderType":
			return fail("it needs OAuth, which Loom does not have yet; leave it in its client, or give a token that does not change in a header: loom add NAME --url URL --secret-header Authorization")
		case !slices.Contains(slices.Concat(urlKeys, envKeys, headerKeys, argsKeys, clientKeys), m.Key):
			s.Lost = append(s.Lost, m.Key)
		}
	}
	slices.Sort(s.Lost)
	switch {
	case kind == "sse":
		return fail("it speaks HTTP+SSE of 2024-11-05, which Loom does not; many servers have Streamable HTTP at another address, often ending in /mcp")
	case s.Entry.Command == "" && s.Entry.URL == "":
		return fail("it has neither a command nor a url")
	case s.Entry.Command != "" && s.Entry.URL != "":
		return fail("it has a command and a url; which of the two is meant?")
	}
	if s.Entry.Env, err = s.values(o, envKeys); err != nil {
		return fail("%w", err)
	}
	if s.Entry.Headers, err = s.values(o, headerKeys); err != nil {
		return fail("%w", err)
	}
	s.Rename(Name(e.Key))
	s.Name = e.Key
	args := slices.Clone(s.Entry.Args)
	for i, arg := range args {
		if s.ownVariable(arg) {
			args[i] = ""
		}
	}
	if err := errors.Join(CheckArgs(args), CheckURL(s.Entry.URL)); err != nil {
		return fail("%w", err)
	}
	if s.Entry.Dir == "${workspaceFolder}" {
		s.Entry.Dir = "" // where a server runs anyway
	}
	texts := []*string{&s.Entry.Command, &s.Entry.Dir, &s.Entry.URL}
	for i, arg := range s.Entry.Args {
		if s.ownVariable(arg) {
			s.Entry.Args[i] = strings.ReplaceAll(arg, "$", "$$")
			continue
		}
		texts = append(texts, &s.Entry.Args[i])
	}
	for _, text := range texts {
		if *text, err = reference(*text); err != nil {
			return fail("%w", err)
		}
	}
	return s, nil
}

// ownVariable reports an argument of mcp-remote that names a variable of the entry's
// own: that program puts it in itself. Others would take it as text.
func (s *Server) ownVariable(arg string) bool {
	if !slices.ContainsFunc(s.Entry.Args, func(a string) bool { return strings.HasPrefix(a, "mcp-remote") }) {
		return false
	}
	found := references.FindAllStringSubmatch(arg, -1)
	return len(found) > 0 && !slices.ContainsFunc(found, func(m []string) bool {
		return !slices.ContainsFunc(s.Entry.Env, func(v registry.EnvVar) bool { return v.Name == m[1] })
	})
}

// values reads variables or headers. One that is a secret becomes a reference to it.
func (s *Server) values(o configfile.Object, keys []string) (out []registry.EnvVar, err error) {
	for _, key := range keys {
		v, _ := o.Get(key)
		m, _ := v.(configfile.Object)
		for _, p := range m {
			var value string
			switch v := p.Value.(type) {
			case string:
				value = v
			case nil:
				continue
			default:
				value = fmt.Sprint(v) // numbers and booleans: a variable is text
			}
			if value, err = s.value(p.Key, value); err != nil {
				return nil, err
			}
			out = append(out, registry.EnvVar{Name: p.Key, Value: value})
		}
	}
	return out, nil
}

func text(o configfile.Object, keys ...string) string {
	for _, key := range keys {
		if v, ok := o.Get(key); ok {
			if s, ok := v.(string); ok {
				return s
			}
		}
	}
	return ""
}

func texts(o configfile.Object, keys ...string) (out []string) {
	for _, key := range keys {
		v, _ := o.Get(key)
		list, _ := v.([]any)
		for _, e := range list {
			switch e := e.(type) {
			case string:
				out = append(out, e)
			case nil, configfile.Object, []any:
			default:
				out = append(out, fmt.Sprint(e))
			}
		}
	}
	return out
}
