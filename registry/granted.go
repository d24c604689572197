package registry

import "slices"

// Granted is what of the user's own the servers of a project may have: names of
// secrets and variables that the user was shown and agreed to. A server of the
// user's own needs none.
type Granted struct{ Secrets, Env []string }

// MayHaveSecret reports whether the server may be given that secret.
func (s Server) MayHaveSecret(name string) bool {
	return s.Project == "" || slices.Contains(s.Granted.Secrets, name)
}

// MayHaveEnv reports whether the server may be given that variable, of loomd's
// environment or of a client's.
func (s Server) MayHaveEnv(name string) bool {
	return s.Project == "" || slices.Contains(s.Granted.Env, name)
}
