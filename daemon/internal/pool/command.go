package pool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/registry"
)

// ConfigError is a server that cannot be started as it is described.
type ConfigError struct {
	Server string
	Cause  error
	Hint   string
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("starting server %s: %v", e.Server, e.Cause)
}
func (e *ConfigError) Unwrap() error { return e.Cause }

// specHash is the same for two entries that need the same process, or the same
// session of a remote server.
func specHash(s registry.Server) string {
	return hash(s.Command, s.Args, s.Dir, s.Env, s.URL, s.Headers, s.ClientEnv, s.Limits, s.Share, s.Concurrency, s.Project, s.Granted)
}

// spec is an entry with its hash.
type spec struct {
	of   registry.Server
	hash string
}

// specLocked is [specHash] from memory: it is asked for at every call, and an
// entry changes at a reload only.
func (p *Pool) specLocked(s registry.Server) string {
	name := s.ID()
	if last, ok := p.specs[name]; ok && sameSpec(last.of, s) {
		return last.hash
	}
	h := specHash(s)
	p.specs[name] = spec{of: s, hash: h}
	return h
}

// sameSpec compares what [specHash] covers.
func sameSpec(a, b registry.Server) bool {
	return a.Command == b.Command && a.Dir == b.Dir && a.URL == b.URL && a.Limits == b.Limits &&
		a.Share == b.Share && a.Concurrency == b.Concurrency &&
		slices.Equal(a.Args, b.Args) && slices.Equal(a.Env, b.Env) &&
		slices.Equal(a.Headers, b.Headers) && slices.Equal(a.ClientEnv, b.ClientEnv) &&
		a.Project == b.Project && slices.Equal(a.Granted.Secrets, b.Granted.Secrets) && slices.Equal(a.Granted.Env, b.Granted.Env)
}

func hash(values ...any) string {
	raw, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("hashing %v: %v", values, err)) // strings and numbers
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

// Key says what a server is: its definitions are good as long as it stays the
// same. It covers the binary, the arguments, variables with their values, and
// of secrets the names.
func (p *Pool) Key(ctx context.Context, s registry.Server) (string, error) {
	spec, err := p.resolve(ctx, s, Sharing{}, nameOnly{p.opts.Lookup})
	if err != nil {
		return "", err
	}
	if s.URL != "" {
		return hash(s.URL, s.Headers), nil
	}
	fi, err := os.Stat(spec.Path)
	if err != nil {
		return "", &ConfigError{Server: s.ID(), Cause: err}
	}
	return hash(spec.Path, fi.Size(), fi.ModTime().UnixNano(), s.Args, spec.Env[len(p.opts.Environ):]), nil
}

// nameOnly gives every secret its name as value.
type nameOnly struct{ secret.Lookup }

func (nameOnly) Secret(_ context.Context, name string) (secret.Value, error) {
	return secret.NewValue(name), nil
}

// resolve turns an entry of the registry into what a process is started from.
func (p *Pool) resolve(ctx context.Context, s registry.Server, sharing Sharing, lookup secret.Lookup) (child.Spec, error) {
	lookup = granted{s, lookup}
	fail := func(cause error, hint string) (child.Spec, error) {
		var not *WithheldError
		if errors.As(cause, &not) {
			hint = "loom trust " + not.Project
		}
		return child.Spec{}, &ConfigError{Server: s.ID(), Cause: cause, Hint: hint}
	}
	expand := func(text string) (string, bool, error) {
		t, err := secret.Parse(text)
		if err != nil {
			return "", false, err
		}
		v, present, err := t.Expand(ctx, lookup)
		return v.Reveal(), present, withheld(s, err)
	}
	if s.URL != "" {
		spec, err := p.reach(s, expand)
		if err != nil {
			return fail(err, "")
		}
		return spec, nil
	}
	command, _, err := expand(s.Command)
	if err != nil {
		return fail(err, "")
	}
	path, err := p.find(command)
	if err != nil {
		return fail(err, "loom logs loomd; loom start saves your shell's PATH for loomd")
	}
	spec := child.Spec{Server: s.ID(), Path: path, Dir: sharing.Dir, Version: p.opts.Version, Timeouts: p.opts.Timeouts}
	for _, a := range s.Args {
		arg, present, err := expand(a)
		if err != nil {
			return fail(err, "")
		}
		if present {
			spec.Args = append(spec.Args, arg)
		}
	}
	if s.Dir != "" {
		if spec.Dir, _, err = expand(s.Dir); err != nil {
			return fail(err, "")
		}
	}
	if spec.Dir == "" && s.Project != "" { // to be learnt
		spec.Dir = s.Project
	}
	if spec.Dir == "" {
		spec.Dir = p.opts.Home
	}
	if fi, err := os.Stat(spec.Dir); err != nil || !fi.IsDir() { // else the error would blame the program
		return fail(fmt.Errorf("its working directory %s is not there", spec.Dir), "")
	}
	spec.Env = append(spec.Env, p.opts.Environ...)
	spec.Env = append(spec.Env, given(s, sharing.Env)...)
	for _, v := range s.Env {
		value, present, err := expand(v.Value)
		if err != nil {
			return fail(fmt.Errorf("variable %s: %w", v.Name, err), "")
		}
		if present {
			spec.Env = append(spec.Env, v.Name+"="+value)
		}
	}
	return spec, nil
}

// find looks for a command: a path as it is, a name beside loomd and then on
// the PATH that the servers get.
func (p *Pool) find(command string) (string, error) {
	if strings.Contains(command, "/") {
		if !filepath.IsAbs(command) {
			return "", fmt.Errorf("command %q is a relative path; write the whole path or a name", command)
		}
		return exec.LookPath(command)
	}
	if beside := filepath.Join(p.opts.Beside, command); executable(beside) {
		return beside, nil
	}
	for _, kv := range p.opts.Environ {
		path, ok := strings.CutPrefix(kv, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			if file := filepath.Join(dir, command); filepath.IsAbs(file) && executable(file) {
				return file, nil
			}
		}
		return "", fmt.Errorf("command %q not found beside loomd (%s) nor on its PATH (%s)", command, p.opts.Beside, path)
	}
	return "", errors.New("loomd has no PATH")
}

func executable(file string) bool {
	fi, err := os.Stat(file)
	return err == nil && fi.Mode().IsRegular() && fi.Mode().Perm()&0o111 != 0
}
