// Package process says what a server of the registry is started as: its program,
// arguments, folder and environment, with values in place of references.
//
// loomd starts servers by it, and so does `loom run`, so that a server gets the
// same from both. It looks at the disk to find the program, and starts nothing;
// values come from a [secret.Lookup].
package process

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

// Host is what a server finds where it is started. Program and Environ are
// required.
type Host struct {
	Program string   // who starts it, as errors name it
	Beside  string   // folder of that program; commands are looked for there first
	Environ []string // what every server gets
	Client  []string // the client's variables, over those
	Dir     string   // where it runs if its entry does not say
}

// Spec is what a process is started from.
type Spec struct {
	Path string // of the binary
	Args []string
	Env  []string // all of it
	Dir  string
}

// NotFoundError is a command that is not there.
type NotFoundError struct{ what string }

func (e *NotFoundError) Error() string { return e.what }

// ForbiddenError is a program that the machine's policy does not allow.
type ForbiddenError struct{ Err error }

func (e *ForbiddenError) Error() string { return e.Err.Error() }
func (e *ForbiddenError) Unwrap() error { return e.Err }

// Resolve puts values in place of the references of an entry that is a process,
// not remote. No error holds a value.
func Resolve(ctx context.Context, s registry.Server, host Host, lookup secret.Lookup) (Spec, error) {
	expand := func(text string) (string, bool, error) { return Expand(ctx, text, lookup) }
	command, _, err := expand(s.Command)
	if err != nil {
		return Spec{}, err
	}
	spec := Spec{Dir: host.Dir}
	if spec.Path, err = host.find(command); err != nil {
		return Spec{}, err
	}
	if err := s.Bounds.CheckCommand(spec.Path); err != nil {
		return Spec{}, &ForbiddenError{err}
	}
	for _, a := range s.Args {
		arg, present, err := expand(a)
		if err != nil {
			return Spec{}, err
		}
		if present {
			spec.Args = append(spec.Args, arg)
		}
	}
	if s.Dir != "" {
		dir, _, err := expand(s.Dir)
		if err != nil {
			return Spec{}, err
		}
		spec.Dir = cmp.Or(dir, host.Dir)
	}
	if fi, err := os.Stat(spec.Dir); err != nil || !fi.IsDir() { // else the error would blame the program
		return Spec{}, fmt.Errorf("its working directory %s is not there", spec.Dir)
	}
	spec.Env = append(append(spec.Env, host.Environ...), host.Client...)
	for _, v := range s.Env {
		value, present, err := expand(v.Value)
		if err != nil {
			return Spec{}, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		if present {
			spec.Env = append(spec.Env, v.Name+"="+value)
		}
	}
	return spec, nil
}

// Expand puts values in place of the references of one text. present is false
// when an optional one has no value.
func Expand(ctx context.Context, text string, lookup secret.Lookup) (value string, present bool, err error) {
	t, err := secret.Parse(text)
	if err != nil {
		return "", false, err
	}
	v, present, err := t.Expand(ctx, lookup)
	return v.Reveal(), present, err
}

// find looks for a command: a path as it is, a name beside the host's program
// and then on the PATH that the servers get.
func (h Host) find(command string) (string, error) {
	fail := func(format string, args ...any) (string, error) {
		return "", &NotFoundError{fmt.Sprintf(format, args...)}
	}
	if strings.Contains(command, "/") {
		if !filepath.IsAbs(command) {
			return fail("command %q is a relative path; write the whole path or a name", command)
		}
		path, err := exec.LookPath(command)
		if err != nil {
			return fail("%v", err)
		}
		return path, nil
	}
	if beside := filepath.Join(h.Beside, command); filepath.IsAbs(beside) && executable(beside) {
		return beside, nil
	}
	for _, kv := range h.Environ {
		path, ok := strings.CutPrefix(kv, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			if file := filepath.Join(dir, command); filepath.IsAbs(file) && executable(file) {
				return file, nil
			}
		}
		return fail("command %q not found beside %s (%s) nor on its PATH (%s)", command, h.Program, h.Beside, path)
	}
	return fail("%s has no PATH", h.Program)
}

func executable(file string) bool {
	fi, err := os.Stat(file)
	return err == nil && fi.Mode().IsRegular() && fi.Mode().Perm()&0o111 != 0
}
