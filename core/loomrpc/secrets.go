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

// KeyringStatus is what loomd knows of the keyring without asking it, which can
// take half a minute: from the registry, from the index of secrets, and from what
// it said the last time.
type KeyringStatus struct {
	Backend string `json:"backend,omitempty"` // empty: not fixed, and no secret is in one
	Locked  bool   `json:"locked,omitempty"`
	Error   string `json:"error,omitempty"`
}
