package secret

import (
	"context"
	"errors"
	"testing"
)

var errLocked = errors.New("the keyring is locked")

// lockable fails for one name, as a keyring does that is locked.
type lockable struct{ Memory }

func (s lockable) Get(ctx context.Context, name string) (Value, error) {
	if name == "locked" {
		return Value{}, errLocked
	}
	return s.Memory.Get(ctx, name)
}

func environ(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		text, ok := vars[name]
		return text, ok
	}
}

func TestExpand(t *testing.T) {
	from := NewLookup(environ(map[string]string{"A": "a", "EMPTY": "", "ODD": "${secret:t}$$"}), lockable{Memory{
		"t": NewValue("s3"), "odd": NewValue("${env:A}$$"), "none": NewValue(""),
	}})
	for _, tc := range []struct {
		in, want string
		absent   bool
		err      string
	}{
		{in: "", want: ""},
		{in: "x$$y", want: "x$y"},
		{in: "${env:A}-${secret:t}", want: "a-s3"},
		{in: "${env:EMPTY}", want: ""},
		{in: "${env:EMPTY?}", want: ""},
		{in: "${env:EMPTY:-d}", want: "d"},
		{in: "${env:NO:-d}", want: "d"},
		{in: "${env:NO:-}", want: ""},
		{in: "${env:A:-d}", want: "a"},
		{in: "${secret:none?}", want: ""},
		{in: "x${env:NO?}", absent: true},
		{in: "x${secret:no?}", absent: true},
		{in: "${env:NO}${secret:no?}", absent: true},
		{in: "${secret:no?}${secret:locked}", absent: true},
		// once: what a reference stands for is text
		{in: "${env:ODD}", want: "${secret:t}$$"},
		{in: "${secret:odd}", want: "${env:A}$$"},
		{in: "${env:NO}", err: "NO is not set in the environment of loomd: export NO=…, then run loom stop && loom start"},
		{in: "${secret:no}", err: "secret no is not set: run loom secret set no"},
		{in: "${secret:locked}", err: "reading secret locked: the keyring is locked"},
		{in: "${secret:locked?}", err: "reading secret locked: the keyring is locked"},
		{in: "${secretfile:t}", err: "a secret file cannot be had here: it has to be removed when the server ends"},
	} {
		template, err := Parse(tc.in)
		if err != nil {
			t.Fatal(err)
		}
		value, present, err := template.Expand(t.Context(), from)
		if tc.err != "" {
			if err == nil || err.Error() != tc.err || present {
				t.Errorf("Expand(%q) = %v, %v, want %s", tc.in, present, err, tc.err)
			}
			continue
		}
		if err != nil || present == tc.absent || value.Reveal() != tc.want {
			t.Errorf("Expand(%q) = %q, %v, %v, want %q, %v", tc.in, value.Reveal(), present, err, tc.want, !tc.absent)
		}
	}
}

// filing is a lookup with files.
type filing struct{ Lookup }

func (f filing) SecretFile(ctx context.Context, name string) (string, error) {
	_, err := f.Secret(ctx, name)
	return "/run/" + name, err
}

func TestExpandFile(t *testing.T) {
	from := filing{NewLookup(environ(nil), lockable{Memory{"ca": NewValue("s3")}})}
	for in, want := range map[string]string{
		"${secretfile:ca}":         "/run/ca",
		"file://${secretfile:ca}#": "file:///run/ca#",
		"${secretfile:no}":         "secret no is not set: run loom secret set no",
		"${secretfile:locked}":     "reading secret locked: the keyring is locked",
	} {
		template, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		value, _, err := template.Expand(t.Context(), from)
		if got := value.Reveal(); err == nil && got != want || err != nil && err.Error() != want {
			t.Errorf("Expand(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestMissingIsNotFound(t *testing.T) {
	from := NewLookup(environ(nil), FromEnv(environ(nil)))
	for _, in := range []string{"${env:NO}", "${secret:my-token}"} {
		template, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = template.Expand(t.Context(), from)
		var missing *MissingError
		if !errors.Is(err, ErrNotFound) || !errors.As(err, &missing) || missing.Ref != template.Refs()[0] {
			t.Errorf("Expand(%q): %v", in, err)
		}
	}
}

func TestFromEnv(t *testing.T) {
	store := FromEnv(environ(map[string]string{"LOOM_SECRET_MY_TOKEN_V2": "x", "MY_TOKEN": "wrong"}))
	if v, err := store.Get(t.Context(), "my-token.v2"); err != nil || v.Reveal() != "x" {
		t.Errorf("Get = %q, %v", v.Reveal(), err)
	}
	template, _ := Parse("${secret:my-token}")
	_, _, err := template.Expand(t.Context(), NewLookup(environ(nil), store))
	want := "secret my-token is not set: run loom secret set my-token"
	if err == nil || err.Error() != want {
		t.Errorf("Expand: %v\nwant: %s", err, want)
	}
}
