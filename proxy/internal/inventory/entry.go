package inventory

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/snippet"
)

// entry is an item in the registry's words. Its secrets have no names yet.
type entry struct {
	Command, Dir, URL string
	Args              []string
	Env, Headers      []variable
	workspace         bool // something in it is the project's folder
}

// variable is a variable or a header.
type variable struct {
	name, value string // value is in the registry's words; of a secret it is what stands before it
	secret      secret.Value
	isSecret    bool
	fromEnv     string // the variable of this shell that has the secret; empty: it stands in the file
}

func (v variable) equal(o variable) bool {
	return v.name == o.name && v.value == o.value && v.isSecret == o.isSecret && (!v.isSecret || v.secret.Equal(o.secret))
}

// errLeft are reasons for which a server stays with its client.
var (
	errNothing = errors.New("it has neither a command nor an address")
	errOAuth   = errors.New("it signs in by OAuth, which its client does for it")
	errSSE     = errors.New("it speaks HTTP+SSE of 2024-11-05, which Loom does not")
)

// read makes an entry of what a client has. The error says why it stays there.
func read(i Item, env func(string) (string, bool)) (entry, error) {
	f := i.Found
	switch {
	case !i.Valid:
		return entry{}, errNothing
	case f.OAuth:
		return entry{}, errOAuth
	case f.SSE:
		return entry{}, errSSE
	}
	r := reader{item: i, env: env}
	e := entry{Command: r.text("the command", f.Command), Dir: r.text("cwd", f.Cwd), URL: r.text("the url", f.URL)}
	args := slices.Clone(f.Args)
	for n, arg := range f.Args {
		if r.ownVariable(arg) {
			args[n] = ""
			e.Args = append(e.Args, strings.ReplaceAll(arg, "$", "$$"))
			continue
		}
		e.Args = append(e.Args, r.text("an argument", arg))
	}
	if e.Dir == "." {
		e.Dir = "" // where a server of one project runs anyway
	}
	for _, v := range f.Env {
		e.Env = append(e.Env, r.variable(v.Name, v.Value))
	}
	for _, v := range f.Headers {
		e.Headers = append(e.Headers, r.variable(v.Name, v.Value))
	}
	e.workspace = r.workspace
	if err := errors.Join(snippet.CheckArgs(args), snippet.CheckURL(f.URL)); err != nil {
		r.fail(err)
	}
	return e, r.err
}

// plain are the variables and headers of an item that hold secrets.
func plain(i Item) []string {
	r := reader{item: i, env: func(string) (string, bool) { return "", false }}
	var names []string
	for _, v := range slices.Concat(i.Found.Env, i.Found.Headers) {
		if r.variable(v.Name, v.Value).isSecret {
			names = append(names, v.Name)
		}
	}
	return names
}

// reader keeps the first reason.
type reader struct {
	item      Item
	env       func(string) (string, bool)
	workspace bool
	err       error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// text is a value in the registry's words.
func (r *reader) text(what, value string) string {
	out, left := r.item.File.Target.Refer.Read(value)
	for _, ref := range left {
		quoted := strings.ReplaceAll(ref, "$", "$$")
		switch ref {
		case "${workspaceFolder}":
			r.workspace = true
			out = strings.ReplaceAll(out, quoted, ".")
		case "${userHome}":
			out = strings.ReplaceAll(out, quoted, "${env:HOME}")
		default:
			r.fail(fmt.Errorf("%s has %s, which only its client knows", what, ref))
		}
	}
	return out
}

// variable tells a secret from other values: one that stands in the file, or in a
// variable of this shell that the file refers to.
func (r *reader) variable(name, value string) variable {
	head := snippet.Scheme(value)
	rest := strings.TrimPrefix(value, head)
	text := r.text(name, rest)
	if from, ok := soleVariable(text); ok {
		if now, set := r.env(from); set && snippet.IsSecret(from, now) {
			return variable{name: name, value: head, secret: secret.NewValue(now), isSecret: true, fromEnv: from}
		}
		return variable{name: name, value: head + text}
	}
	plain := text == strings.ReplaceAll(rest, "$", "$$")
	switch {
	case plain && snippet.IsPlaceholder(rest):
		r.fail(fmt.Errorf("%s still has to be filled in", name))
	case plain && snippet.IsSecret(name, value):
		return variable{name: name, value: head, secret: secret.NewValue(rest), isSecret: true}
	}
	return variable{name: name, value: head + text}
}

// soleVariable is the variable that a value consists of.
func soleVariable(text string) (string, bool) {
	name, ok := strings.CutPrefix(text, "${env:")
	if !ok {
		return "", false
	}
	name, rest, ok := strings.Cut(name, "}")
	return name, ok && rest == "" && !strings.Contains(name, ":")
}

// ownVariable reports an argument of mcp-remote that names a variable of the entry's
// own: that program puts it in itself.
func (r *reader) ownVariable(arg string) bool {
	if !slices.ContainsFunc(r.item.Found.Args, func(a string) bool { return strings.HasPrefix(a, "mcp-remote") }) {
		return false
	}
	for _, v := range r.item.Found.Env {
		if strings.Contains(arg, "${"+v.Name+"}") {
			return true
		}
	}
	return false
}
