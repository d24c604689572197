package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/keyring"
)

// fakeKeyring is a loom-keyring without a keyring: secret-service and file keep
// what they have in fake/keyring.json of HOME. The file fake/keyring says what
// else they do, a word for each: "none" (there is no secret-service), "locked"
// (it is), "deaf" (it forgets what it is given).
func fakeKeyring() {
	home := os.Getenv("HOME")
	var req keyring.Request
	if err := json.NewDecoder(os.Stdin).Decode(&req); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	text, _ := os.ReadFile(filepath.Join(home, "fake", "keyring"))
	k := &fakeKeys{path: filepath.Join(home, "fake", "keyring.json"), is: strings.Fields(string(text)), Values: map[keyring.Backend]map[string]string{}}
	if raw, err := os.ReadFile(k.path); err == nil {
		json.Unmarshal(raw, k)
	}
	reply := k.answer(req)
	raw, _ := json.Marshal(k)
	os.MkdirAll(filepath.Dir(k.path), 0o700)
	os.WriteFile(k.path, raw, 0o600)
	json.NewEncoder(os.Stdout).Encode(reply)
}

type fakeKeys struct {
	path       string
	is         []string
	Values     map[keyring.Backend]map[string]string
	Passphrase string // of the file; empty: it is not set up
}

func (k *fakeKeys) fail(code keyring.Code, b keyring.Backend, message string) keyring.Reply {
	return keyring.Reply{Error: &keyring.WireError{Code: code, Backend: b, Message: message}}
}

func (k *fakeKeys) answer(req keyring.Request) keyring.Reply {
	none, locked := slices.Contains(k.is, "none"), slices.Contains(k.is, "locked")
	b := req.Backend
	switch {
	case req.Op == keyring.OpProbe:
		return keyring.Reply{Probes: []keyring.Probe{
			{Backend: keyring.SecretService, Available: !none, Locked: locked, Automatic: !none, Why: map[bool]string{true: "no session bus"}[none]},
			{Backend: keyring.File, Available: k.Passphrase != "", Automatic: none && k.Passphrase != "", Locked: k.Passphrase != "" && req.Passphrase == "", Why: map[bool]string{true: "not set up"}[k.Passphrase == ""]},
		}}
	case req.Op == keyring.OpUnlock && k.Passphrase == "" && req.Create:
		k.Passphrase = req.Passphrase
		return keyring.Reply{}
	case b == "" && !none:
		b = keyring.SecretService
	case b == "" && k.Passphrase == "":
		return k.fail(keyring.CodeNoBackend, "", "there is no keyring")
	case b == "":
		b = keyring.File
	}
	switch {
	case b == keyring.File && req.Passphrase != k.Passphrase:
		return k.fail(keyring.CodePassphrase, b, "the passphrase is wrong")
	case b == keyring.SecretService && locked:
		return k.fail(keyring.CodeLocked, b, "the keyring is locked")
	}
	if k.Values[b] == nil {
		k.Values[b] = map[string]string{}
	}
	reply := keyring.Reply{Backend: b, Values: map[string]string{}}
	switch req.Op {
	case keyring.OpSet:
		if !slices.Contains(k.is, "deaf") {
			k.Values[b][req.Names[0]] = req.Value
		}
	case keyring.OpGet:
		for _, name := range req.Names {
			if v, ok := k.Values[b][name]; ok {
				reply.Values[name] = v
			}
		}
	case keyring.OpDelete:
		for _, name := range req.Names {
			delete(k.Values[b], name)
		}
	}
	return reply
}
