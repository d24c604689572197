package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// open makes the client of the keyring that --backend names, else of that which
// the registry fixes. It starts nothing.
func (opts *SecretOptions) open() (*ring, error) { return opts.openIn(opts.backend()) }

// backend is empty when nobody chose one. A registry with mistakes chooses none.
func (opts *SecretOptions) backend() keyring.Backend {
	if opts.Backend == "" {
		if reg, err := opts.Registry(); err == nil {
			return keyring.Backend(reg.SecretBackend)
		}
	}
	return keyring.Backend(opts.Backend)
}

func (opts *SecretOptions) openIn(backend keyring.Backend) (*ring, error) {
	dirs, err := opts.Dirs()
	if err != nil {
		return nil, err
	}
	program, err := opts.Program()
	if err != nil {
		return nil, err
	}
	p := opts.asked
	if p == nil {
		p = &passphrase{opts: opts}
	}
	env := slices.DeleteFunc(slices.Clone(opts.Env), func(kv string) bool { return strings.HasPrefix(kv, secretPrefix) })
	return &ring{passphrase: p, Client: keyring.New(keyring.Options{
		Program: program, Env: env, State: dirs.State, Backend: backend, Passphrase: p.get,
	})}, nil
}

// credentialName is the file of a systemd credential.
const credentialName = "loom-passphrase"

// credential is the path of the systemd credential, empty if there is none.
func (opts *SecretOptions) credential() string {
	for _, kv := range opts.Env {
		if dir, ok := strings.CutPrefix(kv, "CREDENTIALS_DIRECTORY="); ok && filepath.IsAbs(dir) {
			path := filepath.Join(dir, credentialName)
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	return ""
}

// passphrase is that of the encrypted file, asked for when it is needed and
// once. It is never made up.
type passphrase struct {
	opts *SecretOptions

	mu    sync.Mutex
	value *secret.Value
}

// get is for [keyring.Options].
func (p *passphrase) get(ctx context.Context) (secret.Value, error) {
	return p.ask(ctx, func(t *terminal) (secret.Value, error) { return t.hidden(ctx, "Passphrase of the encrypted file") })
}

// choose asks for the passphrase of a file that is not there yet.
func (p *passphrase) choose(ctx context.Context) (secret.Value, error) {
	return p.ask(ctx, func(t *terminal) (secret.Value, error) {
		fmt.Fprintln(t.file, "The encrypted file gets a passphrase. Without it nobody can read the secrets, you neither.")
		return t.twice(ctx, "New passphrase")
	})
}

func (p *passphrase) ask(ctx context.Context, prompt func(*terminal) (secret.Value, error)) (secret.Value, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.value != nil {
		return *p.value, nil
	}
	v, err := p.find(prompt)
	if err != nil {
		return secret.Value{}, err
	}
	if v.Reveal() == "" {
		return secret.Value{}, errors.New("the passphrase of the encrypted file must not be empty")
	}
	p.value = &v
	return v, nil
}

func (p *passphrase) find(prompt func(*terminal) (secret.Value, error)) (secret.Value, error) {
	if fd := p.opts.PassphraseFD; fd >= 0 {
		return readPassphrase(os.NewFile(uintptr(fd), "passphrase"), fmt.Sprintf("file descriptor %d", fd))
	}
	if path := p.opts.credential(); path != "" {
		f, err := os.Open(path)
		if err != nil {
			return secret.Value{}, fmt.Errorf("reading the passphrase of the encrypted file: %w", err)
		}
		return readPassphrase(f, path)
	}
	t, err := p.opts.Terminal()
	if err != nil {
		return secret.Value{}, fmt.Errorf("the encrypted file has a passphrase: %w", err)
	}
	defer t.close()
	return prompt(t)
}

// maxPassphrase is longer than anyone's.
const maxPassphrase = 4096

// readPassphrase reads the first line, and closes f.
func readPassphrase(f *os.File, from string) (secret.Value, error) {
	if f == nil {
		return secret.Value{}, fmt.Errorf("reading the passphrase of the encrypted file: %s is not open", from)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPassphrase+1))
	if err != nil {
		return secret.Value{}, fmt.Errorf("reading the passphrase of the encrypted file from %s: %w", from, errors.Unwrap(err))
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if len(data) > maxPassphrase {
		return secret.Value{}, fmt.Errorf("reading the passphrase of the encrypted file from %s: it has over %d bytes", from, maxPassphrase)
	}
	return secret.NewValue(strings.TrimSuffix(line, "\r")), nil
}

// used is the passphrase, if it was asked for.
func (p *passphrase) used() (secret.Value, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.value == nil {
		return secret.Value{}, false
	}
	return *p.value, true
}

func (p *passphrase) known() bool { _, ok := p.used(); return ok }

// absent reports that it cannot be had without asking.
func (p *passphrase) absent() bool {
	return !p.known() && p.opts.PassphraseFD < 0 && p.opts.credential() == ""
}
