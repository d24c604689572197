package registry

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SecretBackends are the names of the keyrings that a registry can fix, in the
// order of choice, as core/keyring has them: that package starts a program, which
// reading a registry never does.
var SecretBackends = []string{"keychain", "wincred", "secret-service", "kwallet", "pass", "file", "keyctl"}

func (r *reader) secrets(n *yaml.Node) (backend string) {
	r.fields(n, "secrets", secretsKeys, func(key string, v *yaml.Node) {
		text, ok := r.scalar(v, key)
		switch {
		case !ok:
		case !slices.Contains(SecretBackends, text):
			r.problem(v, "there are: "+strings.Join(SecretBackends, ", "), "no backend for secrets is called %q", text)
		default:
			backend = text
		}
	})
	return backend
}
