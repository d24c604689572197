package registry

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// What holds when neither the entry nor the file's defaults say otherwise.
// Foreign servers get fewer calls at a time and a process per project: nothing
// is known about what they share.
const (
	defaultTimeout            = 10 * time.Minute
	defaultIdleTimeout        = 10 * time.Minute
	defaultLearnWait          = 2 * time.Second
	defaultConcurrency        = 4
	defaultShare              = ShareWorkspace
	defaultShippedConcurrency = 16
	defaultShippedShare       = ShareGlobal
	maxConcurrency            = 1000
)

// entry is a server as a file writes it: nil is a key that is not there.
type entry struct {
	name        ServerName
	pos         Position
	shipped     bool
	description *string
	command     *string
	args        []string // nil if not there, empty if there and empty
	dir         *string
	env         map[string]string
	categories  []string
	share       *Share
	concurrency *int
	timeout     *time.Duration
	idleTimeout *time.Duration
	tools       []ToolRule
	enabled     *bool
}

// over puts e on top of a shipped entry: maps merge key by key, all else
// replaces.
func (e entry) over(base entry) entry {
	merged := e
	merged.description = cmp.Or(e.description, base.description)
	merged.command = cmp.Or(e.command, base.command)
	merged.dir = cmp.Or(e.dir, base.dir)
	merged.share = cmp.Or(e.share, base.share)
	merged.concurrency = cmp.Or(e.concurrency, base.concurrency)
	merged.timeout = cmp.Or(e.timeout, base.timeout)
	merged.idleTimeout = cmp.Or(e.idleTimeout, base.idleTimeout)
	if e.args == nil {
		merged.args = base.args
	}
	if e.categories == nil {
		merged.categories = base.categories
	}
	merged.env = map[string]string{}
	maps.Copy(merged.env, base.env)
	maps.Copy(merged.env, e.env)
	// The last rule that matches counts, so the user's own come last.
	merged.tools = nil
	for _, rule := range base.tools {
		if !slices.ContainsFunc(e.tools, func(own ToolRule) bool { return own.Pattern == rule.Pattern }) {
			merged.tools = append(merged.tools, rule)
		}
	}
	merged.tools = append(merged.tools, e.tools...)
	return merged
}

// server fills in the defaults.
func (e entry) server(d defaults) Server {
	s := Server{
		Name: e.name, Description: value(e.description, ""),
		Command: value(e.command, ""), Args: slices.Clone(e.args), Dir: value(e.dir, ""),
		Categories: slices.Clone(e.categories), Tools: slices.Clone(e.tools),
		Share: value(e.share, defaultShare), Concurrency: value(e.concurrency, defaultConcurrency),
		Timeout: value(e.timeout, d.timeout), IdleTimeout: value(e.idleTimeout, d.idleTimeout),
		Enabled: value(e.enabled, true), Pos: e.pos,
	}
	if e.shipped {
		s.From = "shipped"
		s.Share = value(e.share, defaultShippedShare)
		s.Concurrency = value(e.concurrency, defaultShippedConcurrency)
	}
	for _, name := range slices.Sorted(maps.Keys(e.env)) {
		s.Env = append(s.Env, EnvVar{Name: name, Value: e.env[name]})
	}
	return s
}

func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// entry reads one server. What is wrong in it is reported and left out.
func (r *reader) entry(key, n *yaml.Node) entry {
	e := entry{name: ServerName(key.Value), pos: r.pos(key)}
	r.fields(n, "a server", serverKeys, func(key string, v *yaml.Node) {
		switch key {
		case "from":
			if text, ok := r.scalar(v, key); ok && text != "shipped" {
				r.problem(v, "", `from must be "shipped", this is %q`, text)
			}
			e.shipped = true // also when misspelt: the rest is judged as it was meant
		case "description":
			if text, ok := r.scalar(v, key); ok {
				e.description = &text
			}
		case "command":
			e.command = r.command(v)
		case "args":
			e.args = []string{}
			r.list(v, key, func(n *yaml.Node, text string) {
				r.references(n, text, "args", false)
				e.args = append(e.args, text)
			})
		case "cwd":
			e.dir = r.dir(v)
		case "env":
			e.env = r.env(v)
		case "categories":
			e.categories = r.categories(v)
		case "share":
			e.share = r.share(v)
		case "concurrency":
			if c, ok := r.number(v, key, 1, maxConcurrency); ok {
				e.concurrency = &c
			}
		case "timeout":
			if d, ok := r.duration(v, key, false); ok {
				e.timeout = &d
			}
		case "idle_timeout":
			if d, ok := r.duration(v, key, true); ok {
				e.idleTimeout = &d
			}
		case "tools":
			e.tools = r.tools(v)
		case "enabled":
			if b, ok := r.boolean(v, key); ok {
				e.enabled = &b
			}
		}
	})
	return e
}

// command reads a program's name. It always returns one, so that a command
// that is wrong is not also reported as missing.
func (r *reader) command(n *yaml.Node) *string {
	text, ok := r.scalar(n, "command")
	if !ok {
		return &text
	}
	template, ok := r.references(n, text, "command", false)
	if !ok {
		return &text
	}
	literal, ok := template.Literal()
	switch {
	case ok && literal == "":
		r.problem(n, "", "command must not be empty")
	case ok && strings.ContainsAny(literal, " \t") && !strings.Contains(literal, "/"):
		r.problem(n, "put what follows the program into args", "command must be a program alone, this is %q", literal)
	}
	return &text
}

func (r *reader) dir(n *yaml.Node) *string {
	text, ok := r.scalar(n, "cwd")
	if !ok {
		return nil
	}
	template, ok := r.references(n, text, "cwd", false)
	if !ok {
		return nil
	}
	begin := template.Prefix()
	switch {
	case strings.HasPrefix(begin, "~"):
		r.problem(n, "write ${env:HOME} for ~", "cwd must be an absolute path, this is %q", text)
	case begin != "" && !filepath.IsAbs(begin), text == "":
		r.problem(n, "", "cwd must be an absolute path, this is %q", text)
	}
	return &text
}
