package loomrpc

// No method returns a secret's value.

// Unlock asks [MethodUnlock] to keep the passphrase of the encrypted file in
// loomd's memory. The answer is empty; a wrong passphrase is an error.
type Unlock struct {
	Passphrase string `json:"passphrase"`
}

// SecretsChanged tells [MethodSecretsChanged] which secrets have another value
// now, or none.
type SecretsChanged struct {
	Names []string `json:"names"`
}

// SecretsChangedReply answers [SecretsChanged] at once: these servers had the
// old values. Each finishes the calls that it has, and the next call starts it
// with the new ones.
type SecretsChangedReply struct {
	Restarted []string `json:"restarted"`
}
