package registry

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// env reads variables. gone is called for one without a value; nil: it must have one.
func (r *reader) env(n *yaml.Node, gone func(name string)) map[string]string {
	env := map[string]string{}
	r.entries(n, "env", func(key, v *yaml.Node) {
		if !variable.MatchString(key.Value) {
			r.problem(key, "", "invalid name of a variable %q", key.Value)
		}
		if isNull(v) && gone != nil {
			gone(key.Value)
		} else if isNull(v) {
			r.problem(v, `write "" for an empty text`, "%s has no value", key.Value)
		} else if text, ok := r.scalar(v, key.Value); ok {
			r.references(v, text, key.Value, true)
			env[key.Value] = text
		}
	})
	return env
}

func (r *reader) categories(n *yaml.Node) []string {
	categories := []string{}
	r.list(n, "categories", func(n *yaml.Node, text string) {
		switch {
		case !r.label(n, text, "category"):
		case slices.Contains(categories, text):
			r.problem(n, "", "category %q is given twice", text)
		default:
			categories = append(categories, text)
		}
	})
	return categories
}

func (r *reader) share(n *yaml.Node) *Share {
	text, ok := r.word(n, "share", string(ShareGlobal), string(ShareWorkspace), string(ShareSession))
	if !ok {
		return nil
	}
	share := Share(text)
	return &share
}

// clientEnv reads names of variables. Those by which loomd and its servers find
// their own way are not the client's to set.
func (r *reader) clientEnv(n *yaml.Node) []string {
	names := []string{}
	r.list(n, "client_env", func(n *yaml.Node, text string) {
		switch {
		case strings.ContainsRune(text, '='):
			r.problem(n, "write a value into env", "client_env has names only, this is %q", text)
		case !variable.MatchString(text):
			r.problem(n, "", "invalid name of a variable %q", text)
		case text == "PATH", text == "HOME":
			r.problem(n, "write it into env", "%s cannot come from the client: some clients pass another one than your shell's", text)
		case strings.HasPrefix(text, "LOOM_"):
			r.problem(n, "", "%s cannot come from the client: the variables LOOM_… are Loom's own, and some hold secrets", text)
		case slices.Contains(names, text):
			r.problem(n, "", "variable %s is given twice", text)
		default:
			names = append(names, text)
		}
	})
	return names
}

// givenTwice reports the names in client_env that env gives a value: which of
// the two a server gets must not be a guess, least of all with a secret.
func (r *reader) givenTwice(clientEnv *yaml.Node, env map[string]string) {
	for _, n := range clientEnv.Content {
		if _, twice := env[n.Value]; twice && n.Kind == yaml.ScalarNode {
			r.problem(n, "remove one of the two", "%s is in env already", n.Value)
		}
	}
}

// patterns reads globs.
func (r *reader) patterns(n *yaml.Node, what string) []string {
	patterns := []string{}
	r.list(n, what, func(n *yaml.Node, text string) {
		if err := checkGlob(text); err != nil {
			r.problem(n, "", "%v", err)
		}
		patterns = append(patterns, text)
	})
	return patterns
}

// bound is a size as a key that may be absent.
func (r *reader) bound(n *yaml.Node, what string) *int64 {
	bytes, ok := r.size(n, what)
	if !ok {
		return nil
	}
	return &bytes
}
