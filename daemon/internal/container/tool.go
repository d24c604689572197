package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tool is docker or podman, called so that it reaches the daemon that the
// server's command reached. In a note it is JSON.
type tool struct {
	Path    string   `json:"path"`
	Globals []string `json:"globals,omitempty"` // options before the command
	Vars    []string `json:"vars,omitempty"`    // "NAME=value"; see reachedBy

	env []string
}

// deadline is how long one call may take, if its context allows for more: a
// daemon that hangs must not hold up the end of loomd.
const deadline = 15 * time.Second

// reach are the variables that choose a daemon. None of them is a secret.
var reach = []string{
	"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS", "DOCKER_TLS_VERIFY",
	"CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINER_SSHKEY", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "XDG_RUNTIME_DIR",
}

// reachedBy are the variables in the environment that choose the daemon.
func (t tool) reachedBy() []string {
	var out []string
	for _, kv := range t.env {
		if name, _, _ := strings.Cut(kv, "="); slices.Contains(reach, name) {
			out = append(out, kv)
		}
	}
	return out
}

// list returns the ids of the containers with that label, running or not.
func (t tool) list(ctx context.Context, label, value string) ([]string, error) {
	out, err := t.call(ctx, "ps", "--all", "--quiet", "--no-trunc", "--filter", "label="+label+"="+value)
	return strings.Fields(out), err
}

// remove ends containers and removes them. One that is gone is no error.
func (t tool) remove(ctx context.Context, ids []string) error {
	var errs []error
	for _, id := range ids {
		t.call(ctx, "kill", id) // podman's rm would wait ten seconds; this fails if it does not run
		if out, err := t.call(ctx, "rm", "--force", id); err != nil && !gone(out+err.Error()) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// gone reports whether an error is one of a container that is not there, or is
// just being removed because it was started with --rm.
func gone(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"no such container", "no container with", "already in progress"}, func(s string) bool { return strings.Contains(text, s) })
}

// call runs one command and returns its stdout. The error has what it wrote to
// stderr.
func (t tool) call(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, t.Path, slices.Concat(t.Globals, args)...)
	cmd.Env = append([]string{}, t.env...) // never nil, which would be loomd's own
	cmd.WaitDelay = time.Second
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		if text != "" {
			text = ": " + text
		}
		return out.String(), fmt.Errorf("%s %s: %w%s", filepath.Base(t.Path), args[0], err, text)
	}
	return out.String(), nil
}
