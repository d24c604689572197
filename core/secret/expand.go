package secret

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Lookup finds what references stand for. Its methods may be called at the
// same time.
type Lookup interface {
	// Env is a variable of the environment; ok says whether it is set.
	Env(name string) (value string, ok bool)
	// Secret is a secret. Without one the error wraps [ErrNotFound]; any other
	// error, a locked keyring for example, is never taken for absence.
	Secret(ctx context.Context, name string) (Value, error)
}

// FileLookup is a [Lookup] of somebody who can take files away again when the
// server has ended. Any other refuses ${secretfile:…}.
type FileLookup interface {
	Lookup
	// SecretFile puts a secret into a file and returns its path. Without such a
	// secret the error wraps [ErrNotFound].
	SecretFile(ctx context.Context, name string) (path string, err error)
}

// ErrNotFound says that there is no such value.
var ErrNotFound = errors.New("not found")

// MissingError is a reference that had to have a value and has none. It is an
// [ErrNotFound], and its message names the command that mends it.
type MissingError struct {
	Ref Ref
	Err error // what the store said, if that is more than ErrNotFound
}

func (e *MissingError) Error() string {
	if e.Ref.Kind == Env {
		return fmt.Sprintf("%s is not set in the environment of loomd: export %[1]s=…, then run loom stop && loom start", e.Ref.Name)
	}
	if e.Err != nil && !errors.Is(e.Err, ErrNotFound) {
		return fmt.Sprintf("secret %s cannot be had: %v", e.Ref.Name, e.Err)
	}
	return fmt.Sprintf("secret %s is not set: run loom secret set %[1]s", e.Ref.Name)
}

// Is makes every MissingError an [ErrNotFound].
func (e *MissingError) Is(target error) bool { return target == ErrNotFound }

func (e *MissingError) Unwrap() error { return e.Err }

// errSecretFile is a secret file where nobody would take it away.
var errSecretFile = errors.New("a secret file cannot be had here: it has to be removed when the server ends")

// Expand puts values in place of the references. present is false when an
// optional reference has no value: then the whole variable is to be left out,
// whatever else it refers to.
func (t Template) Expand(ctx context.Context, from Lookup) (value Value, present bool, err error) {
	texts := make([]string, len(t.parts))
	// The optional ones first: if one is absent nobody needs the others, and
	// the outcome does not depend on which stands first.
	for _, optional := range []bool{true, false} {
		for i, p := range t.parts {
			if p.ref == nil {
				texts[i] = p.text
				continue
			}
			if p.ref.Optional != optional {
				continue
			}
			text, err := p.ref.lookup(ctx, from)
			if err != nil {
				if optional && errors.Is(err, ErrNotFound) {
					return Value{}, false, nil
				}
				return Value{}, false, err
			}
			texts[i] = text
		}
	}
	return NewValue(strings.Join(texts, "")), true, nil
}

func (r Ref) lookup(ctx context.Context, from Lookup) (string, error) {
	switch r.Kind {
	case Env:
		text, ok := from.Env(r.Name)
		switch {
		case r.HasDefault && text == "":
			return r.Default, nil
		case !ok:
			return "", &MissingError{Ref: r}
		}
		return text, nil
	case Secret:
		v, err := from.Secret(ctx, r.Name)
		switch {
		case errors.Is(err, ErrNotFound):
			return "", &MissingError{Ref: r, Err: err}
		case err != nil:
			return "", fmt.Errorf("reading secret %s: %w", r.Name, err)
		}
		return v.Reveal(), nil
	case SecretFile:
		files, ok := from.(FileLookup)
		if !ok {
			return "", errSecretFile
		}
		path, err := files.SecretFile(ctx, r.Name)
		switch {
		case errors.Is(err, ErrNotFound):
			return "", &MissingError{Ref: r, Err: err}
		case err != nil:
			return "", fmt.Errorf("reading secret %s: %w", r.Name, err)
		}
		return path, nil
	}
	panic(fmt.Sprintf("secret: reference of kind %d", r.Kind))
}
