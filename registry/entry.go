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
	defaultDrain              = 30 * time.Second
	// Ours are written for models and page what is long, so they may say more.
	defaultMaxResult        = 64 << 10
	defaultShippedMaxResult = 96 << 10
	defaultMaxStructured    = 1 << 20
)

// entry is a server as a file writes it: nil is a key that is not there.
type entry struct {
	name        ServerName
	pos         Position
	layer       Layer
	shipped     bool
	explained   bool // what is missing was reported already, or may be
	description *string
	command     *string
	args        []string // nil if not there, empty if there and empty
	dir         *string
	env         map[string]string
	url         *string
	headers     map[string]string
	clientEnv   []string
	limits      limits
	categories  []string
	share       *Share
	concurrency *int
	timeout     *time.Duration
	idleTimeout *time.Duration
	drain       *time.Duration
	results     results
	readOnly    []string // read_only_tools; nil if not there
	vouched     []string // read_only_tools of a layer that is not the user's to write
	ownCommand  bool     // command is of a layer that is the user's to write
	tools       []ToolRule
	enabled     *bool
	targets     map[string]target // by client
}

// results are the bounds of results: nil is a key that is not there.
type results struct{ text, structured *int64 }

// over puts e on top of the entry of an earlier layer: maps merge key by key,
// all else replaces.
func (e entry) over(base entry) entry {
	merged := e
	merged.shipped = e.shipped || base.shipped
	merged.explained = e.explained || base.explained
	merged.ownCommand = merged.shipped && (e.command != nil && !e.layer.theirs() || e.command == nil && base.ownCommand)
	merged.enabled = cmp.Or(e.enabled, base.enabled)
	merged.url = cmp.Or(e.url, base.url)
	merged.description = cmp.Or(e.description, base.description)
	merged.command = cmp.Or(e.command, base.command)
	merged.dir = cmp.Or(e.dir, base.dir)
	merged.share = cmp.Or(e.share, base.share)
	merged.concurrency = cmp.Or(e.concurrency, base.concurrency)
	merged.timeout = cmp.Or(e.timeout, base.timeout)
	merged.idleTimeout = cmp.Or(e.idleTimeout, base.idleTimeout)
	merged.drain = cmp.Or(e.drain, base.drain)
	merged.limits = e.limits.over(base.limits)
	merged.results = results{cmp.Or(e.results.text, base.results.text), cmp.Or(e.results.structured, base.results.structured)}
	if e.args == nil {
		merged.args = base.args
	}
	if e.categories == nil {
		merged.categories = base.categories
	}
	if e.clientEnv == nil {
		merged.clientEnv = base.clientEnv
	}
	if e.readOnly == nil {
		merged.readOnly = base.readOnly
	}
	if e.vouched == nil {
		merged.vouched = base.vouched
	}
	merged.headers = mergeHeaders(e.headers, base.headers)
	merged.env = map[string]string{}
	maps.Copy(merged.env, base.env)
	for _, name := range e.clientEnv {
		delete(merged.env, name) // the client's own in place of ours
	}
	maps.Copy(merged.env, e.env)
	merged.clientEnv = slices.DeleteFunc(slices.Clone(merged.clientEnv), func(name string) bool {
		_, own := e.env[name]
		return own // and the other way round
	})
	merged.tools = mergeRules(e.tools, base.tools)
	merged.targets = mergeTargets(e.targets, base.targets)
	return merged
}

// mergeHeaders puts own over base. Names of headers are the same in any case.
func mergeHeaders[V any](own, base map[string]V) map[string]V {
	if own == nil {
		return base
	}
	merged := maps.Clone(own)
	for name, text := range base {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(own)), func(o string) bool { return strings.EqualFold(o, name) }) {
			merged[name] = text
		}
	}
	return merged
}

// mergeRules puts the user's own rules last, since the last rule that matches
// counts. A rule with the pattern of a shipped one keeps what it does not say.
func mergeRules(own, base []ToolRule) []ToolRule {
	own = slices.Clone(own)
	var merged []ToolRule
	for _, rule := range base {
		i := slices.IndexFunc(own, func(o ToolRule) bool { return o.Pattern == rule.Pattern })
		if i < 0 {
			merged = append(merged, rule)
			continue
		}
		own[i].Enabled = cmp.Or(own[i].Enabled, rule.Enabled)
		own[i].AlwaysAllow = cmp.Or(own[i].AlwaysAllow, rule.AlwaysAllow)
		own[i].Alias = cmp.Or(own[i].Alias, rule.Alias)
		own[i].Description = cmp.Or(own[i].Description, rule.Description)
		own[i].MaxResult = cmp.Or(own[i].MaxResult, rule.MaxResult)
		own[i].MaxStructured = cmp.Or(own[i].MaxStructured, rule.MaxStructured)
	}
	return append(merged, own...)
}

// server fills in the defaults.
func (e entry) server(d defaults) Server {
	s := Server{
		Name: e.name, Description: value(e.description, ""),
		Command: value(e.command, ""), Args: slices.Clone(e.args), Dir: value(e.dir, ""),
		Env: variables(e.env), URL: value(e.url, ""), Headers: variables(e.headers), ClientEnv: slices.Clone(e.clientEnv),
		Categories: slices.Clone(e.categories), Tools: slices.Clone(e.tools),
		Share: value(e.share, defaultShare), Concurrency: value(e.concurrency, defaultConcurrency),
		Timeout: value(e.timeout, d.timeout), IdleTimeout: value(e.idleTimeout, d.idleTimeout),
		Drain:     value(e.drain, d.drain),
		MaxResult: value(e.results.text, value(d.results.text, defaultMaxResult)), MaxStructured: value(e.results.structured, value(d.results.structured, defaultMaxStructured)),
		ReadOnlyTools: slices.Clone(e.readOnly), Vouched: slices.Clone(e.vouched), OwnCommand: e.ownCommand,
		Enabled: value(e.enabled, true), Pos: e.pos,
	}
	if e.url == nil { // there is no process of ours to limit
		s.Limits = e.limits.over(d.limits).limits()
	}
	if e.shipped {
		s.From = "shipped"
		s.MaxResult = value(e.results.text, value(d.results.text, defaultShippedMaxResult))
		s.Share = value(e.share, defaultShippedShare)
		s.Concurrency = value(e.concurrency, defaultShippedConcurrency)
	}
	return s
}

// variables are the pairs of a mapping, sorted by name.
func variables(pairs map[string]string) []EnvVar {
	var vars []EnvVar
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		vars = append(vars, EnvVar{Name: name, Value: pairs[name]})
	}
	return vars
}

func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// entry reads one server. What is wrong in it is reported and left out.
func (r *reader) entry(key, n *yaml.Node) entry {
	e := entry{name: ServerName(key.Value), pos: r.pos(key), layer: r.layer}
	at := map[string]*yaml.Node{}
	r.fields(n, "a server", serverKeys, func(key string, v *yaml.Node) {
		at[key] = v
		switch key {
		case "from":
			text, ok := r.scalar(v, key)
			if e.shipped = text == "shipped"; ok && !e.shipped {
				r.problem(v, didYouMean(text, []string{"shipped"}), "from must be shipped, this is %q", text)
			}
		case "description":
			if text, ok := r.scalar(v, key); ok {
				e.description = &text
			}
		case "command":
			e.command = r.command(v)
		case "args":
			e.args = r.args(v)
		case "cwd":
			e.dir = r.dir(v)
		case "env":
			e.env = r.env(v, nil)
		case "url":
			e.url = r.url(v)
		case "headers":
			e.headers = r.headers(v, nil)
		case "client_env":
			e.clientEnv = r.clientEnv(v)
		case "limits":
			e.limits = r.limits(v)
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
		case "drain":
			if d, ok := r.duration(v, key, false); ok {
				e.drain = &d
			}
		case "max_result_bytes":
			e.results.text = r.bound(v, key)
		case "max_structured_bytes":
			e.results.structured = r.bound(v, key)
		case "read_only_tools":
			e.readOnly = r.patterns(v, key)
		case "tools":
			e.tools = r.tools(v, e.name)
		case "enabled":
			if b, ok := r.boolean(v, key); ok {
				e.enabled = &b
			}
		case "targets":
			e.targets = r.targets(v)
		}
	})
	if r.layer.theirs() {
		e.vouched = e.readOnly
	} else {
		e.ownCommand = e.shipped && e.command != nil
	}
	r.whereabouts(at)
	if v := at["client_env"]; v != nil {
		r.givenTwice(v, e.env)
	}
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
	if strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../") {
		if inside, is := r.within(n, "command", text); is {
			return &inside
		}
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

func (r *reader) args(n *yaml.Node) []string {
	args := []string{}
	r.list(n, "args", func(n *yaml.Node, text string) {
		r.references(n, text, "args", false)
		args = append(args, text)
	})
	return args
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
	if r.base != "" && begin != "" && !filepath.IsAbs(begin) && begin[0] != '~' {
		inside, _ := r.within(n, "cwd", text)
		return &inside
	}
	switch {
	case strings.HasPrefix(begin, "~"):
		r.problem(n, "write ${env:HOME} for ~", "cwd must be an absolute path, this is %q", text)
	case begin != "" && !filepath.IsAbs(begin), text == "":
		r.problem(n, "", "cwd must be an absolute path, this is %q", text)
	}
	return &text
}

// within makes a path that is relative to the project absolute, and refuses one
// that leads out of it. is says that there is a project.
func (r *reader) within(n *yaml.Node, what, text string) (inside string, is bool) {
	if r.base == "" {
		return text, false
	}
	if clean := filepath.Clean(text); clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains(text, "..") && strings.ContainsAny(text, "$") {
		r.problem(n, "", "%s must stay within the project, this is %q", what, text)
	}
	return filepath.Join(escape(r.base), text), true
}
