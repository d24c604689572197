package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/vault"
	"github.com/loom-core/loom/registry"
)

// keyringProgram lies beside loomd.
const keyringProgram = "loom-keyring"

// openVault makes what servers get their secrets from. Nothing is asked before
// the first server is started that needs one.
func (a *App) openVault(reg *registry.Registry) {
	a.opts.Secrets.Add(environmentSecrets()...)
	a.vault = vault.New(vault.Options{
		Env: os.LookupEnv, Known: a.opts.Secrets, Passphrase: a.opts.Passphrase, Log: a.log.With("component", "vault"), Open: a.openKeyring,
	})
	a.vault.Use(keyring.Backend(reg.SecretBackend))
	a.atStop("secrets", a.vault.Close)
	files, err := vault.OpenFiles(a.secretFiles())
	if err != nil {
		a.log.Warn("servers that read a secret from a file cannot be started", "err", err)
		return
	}
	a.files = files
	a.atStop("files of secrets", files.Close)
}

// openKeyring makes a client of the keyring. It looks for the program each time:
// that may be installed later.
func (a *App) openKeyring(backend keyring.Backend, passphrase func(context.Context) (secret.Value, error)) (vault.Keyring, error) {
	program := filepath.Join(a.opts.Beside, keyringProgram)
	if fi, err := os.Stat(program); err != nil || !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not installed beside loomd (%s)", keyringProgram, a.opts.Beside)
	}
	return keyring.New(keyring.Options{Program: program, Env: keyringEnviron(), State: a.opts.Dirs.State, Backend: backend, Passphrase: passphrase}), nil
}

// secretPrefix is what [secret.EnvName] begins with.
var secretPrefix = secret.EnvName("")

// keyringEnviron is loomd's own environment, without secrets: a keyring asks for
// its password in a window, and finds its files and its bus by variables that
// nobody has a list of.
func keyringEnviron() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, secretPrefix) })
}

// environmentSecrets are the values that loomd was started with.
func environmentSecrets() (values []string) {
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); strings.HasPrefix(name, secretPrefix) {
			values = append(values, value)
		}
	}
	return values
}

// secretFiles is the folder for the secrets that servers read from files: in
// memory where the user has such a place. It is of this state directory alone,
// since whoever holds its lock removes what is in it.
func (a *App) secretFiles() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		if _, err := os.Stat(dir); err == nil {
			return filepath.Join(dir, "loom", "secrets-"+a.state())
		}
	}
	return filepath.Join(a.opts.Dirs.State, "run", "secrets")
}

// unlock answers loom/unlock.
func (a *App) unlock(ctx context.Context, params json.RawMessage) (any, error) {
	var q loomrpc.Unlock
	if err := json.Unmarshal(params, &q); err != nil || q.Passphrase == "" {
		return nil, loomrpc.Errorf(loomrpc.CodeMissingInput, loomrpc.ErrorData{Hint: "loom unlock"}, "reading the params of %s: no passphrase", loomrpc.MethodUnlock) // err may quote it
	}
	if err := a.vault.Unlock(ctx, secret.NewValue(q.Passphrase)); err != nil {
		return nil, err
	}
	a.log.Info("the encrypted file of secrets is unlocked")
	a.learnInBackground(a.allServers())
	return struct{}{}, nil
}

// secretsChanged answers loom/secrets_changed. A server that is starting just now
// may have the old value: it counts as running.
func (a *App) secretsChanged(_ context.Context, q loomrpc.SecretsChanged) (any, error) {
	a.vault.Forget(q.Names)
	reply := loomrpc.SecretsChangedReply{Restarted: []string{}}
	var using []registry.Server
	for _, s := range a.allServers() {
		if !s.Enabled || !slices.ContainsFunc(s.SecretRefs(), func(ref secret.Ref) bool { return slices.Contains(q.Names, ref.Name) && s.MayHaveSecret(ref.Name) }) {
			continue
		}
		using = append(using, s)
		if a.pool.Restart(s.ID()) > 0 {
			reply.Restarted = append(reply.Restarted, s.ID())
		}
	}
	a.log.Info("secrets changed", "secrets", q.Names, "restarted", reply.Restarted)
	a.learnInBackground(using)
	return reply, nil
}

// learnInBackground learns those that could not be started without a secret.
func (a *App) learnInBackground(servers []registry.Server) {
	if unlearnt := a.pool.Unlearnt(servers); len(unlearnt) > 0 {
		a.background.Go(func() { a.pool.LearnNow(a.life, unlearnt) })
	}
}

// keyringStatus does not ask the keyring, which may take half a minute.
func (a *App) keyringStatus() loomrpc.KeyringStatus {
	state := a.vault.State()
	s := loomrpc.KeyringStatus{Backend: string(state.Backend), Locked: state.Locked}
	if state.Err != nil {
		s.Error = a.opts.Secrets.Text(strings.ReplaceAll(state.Err.Error(), "\nhint: ", "; ")) // it is shown in one line
	}
	return s
}
