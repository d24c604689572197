package entries

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/snippet"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// direct is a server as the client starts it, in the client's words. ok is false
// for one that it cannot start so that the server gets what loomd would give it:
// one with secrets, or with a reference that the client has no words for. Nor for
// one whose programs or tools are bounded by the machine's policy, which somebody
// has to see to.
func (w Want) direct(s registry.Server) (l target.Launch, ok bool) {
	l = target.Launch{Name: string(s.Name), Description: s.Description, Cwd: s.Dir}
	if w.Registry.Policy.Narrows(s) {
		return l, false
	}
	if s.URL != "" {
		return w.remote(l, s)
	}
	if s.Bounds.Commands != nil || w.windows() { // no variable gets through wsl.exe
		return l, false
	}
	if l.Command, ok = literal(s.Command, w.Target.Refer); !ok {
		return l, false
	}
	if path, found := w.beside(l.Command); found {
		l.Command = path
	}
	if l.Cwd, ok = literal(s.Dir, w.Target.Refer); !ok {
		return l, false
	}
	for _, text := range s.Args {
		arg, ok := w.write(text, "")
		if !ok {
			return l, false
		}
		l.Args = append(l.Args, arg)
	}
	if snippet.CheckArgs(l.Args) != nil {
		return l, false
	}
	if l.Env, ok = w.vars(s.Env); !ok {
		return l, false
	}
	if w.Target.Refer.Same { // it gives its servers next to nothing of its own environment
		for _, name := range s.ClientEnv {
			if value, ok := w.Target.Refer.Write(name, "", false); ok && !slices.ContainsFunc(l.Env, func(v target.Var) bool { return v.Name == name }) {
				l.Env = append(l.Env, target.Var{Name: name, Value: value})
			}
		}
	}
	return l, true
}

// remote is a server that is somewhere else.
func (w Want) remote(l target.Launch, s registry.Server) (target.Launch, bool) {
	_, plain := literal(s.URL, w.Target.Refer)
	var urlOK, headersOK bool
	l.URL, urlOK = w.write(s.URL, "")
	l.Headers, headersOK = w.vars(s.Headers)
	switch {
	case !urlOK, !headersOK, snippet.CheckURL(s.URL) != nil:
		return l, false
	case plain && !slices.ContainsFunc(s.Headers, refers):
		return l, true
	}
	// A program of Windows has another environment.
	return l, !w.Target.Refer.Process && !w.windows() && (plain || s.Bounds.URLs == nil)
}

func (w Want) beside(command string) (string, bool) {
	if w.Beside == nil || w.Shared || strings.Contains(command, "/") {
		return "", false
	}
	return w.Beside(command)
}

// vars are variables or headers in the client's words. A value that is a secret by
// its looks is not copied into one more file.
func (w Want) vars(vars []registry.EnvVar) (out []target.Var, ok bool) {
	for _, v := range vars {
		value, ok := w.write(v.Value, v.Name)
		if !ok || !refers(v) && snippet.IsSecret(v.Name, value) {
			return nil, false
		}
		out = append(out, target.Var{Name: v.Name, Value: value})
	}
	return out, true
}

func refers(v registry.EnvVar) bool {
	t, err := secret.Parse(v.Value)
	return err != nil || len(t.Refs()) > 0
}

// write is a text of the registry in the client's words. variable is the one whose
// value it is, empty for none.
func (w Want) write(text, variable string) (string, bool) {
	t, err := secret.Parse(text)
	if err != nil {
		return "", false
	}
	r := w.Target.Refer
	refs := t.Refs()
	written, ok := t.Rewrite(
		func(text string) (string, bool) { return text, r.Keeps(text) && !(r.Same && len(refs) > 0) },
		func(ref secret.Ref) (string, bool) {
			switch {
			case ref.Kind != secret.Env:
				return "", false
			case r.Same && (ref.Name != variable || len(refs) > 1):
				return "", false
			case ref.Optional && !r.Same: // one that is passed on is left out when it is not there
				return "", false
			}
			return r.Write(ref.Name, ref.Default, ref.HasDefault)
		})
	if !ok || len(refs) > 0 && strings.Contains(written, r.Open[:1]+r.Open) { // $${A} may be read as $ and {A}
		return "", false
	}
	return written, true
}

// literal is a text of the registry that has no reference, if the client takes it
// as it is.
func literal(text string, r target.Refer) (string, bool) {
	t, err := secret.Parse(text)
	if err != nil {
		return "", false
	}
	plain, ok := t.Literal()
	return plain, ok && r.Keeps(plain)
}

// means reports that the client finds in its entry what was meant: not every one
// has words for a folder, or for an address.
func (w Want) means(o configfile.Object, l target.Launch) bool {
	if o == nil {
		return false
	}
	f, ok := w.Target.Found(o)
	return ok && f.Command == l.Command && slices.Equal(f.Args, l.Args) && f.URL == l.URL && f.Cwd == l.Cwd &&
		same(f.Env, l.Env) && same(f.Headers, l.Headers)
}

func same(a, b []target.Var) bool {
	byName := func(vars []target.Var) []target.Var {
		return slices.SortedFunc(slices.Values(vars), func(x, y target.Var) int { return cmp.Compare(x.Name, y.Name) })
	}
	return slices.Equal(byName(a), byName(b))
}
