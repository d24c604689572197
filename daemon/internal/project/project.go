// Package project says what the registry in a project's folder adds for the
// sessions in it, and whether it counts: only what its user has trusted does,
// byte by byte. It starts nothing and keeps nothing; internal/app does.
package project

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/trust"
)

// State is why a project's file counts or does not.
type State string

// The states of a project, as `loom status` prints them.
const (
	Trusted   State = "trusted"
	Untrusted State = "not trusted"
	Changed   State = "changed"  // since it was trusted
	Wrong     State = "wrong"    // trusted, and cannot be used: it has mistakes, or the policy forbids it
	Unusable  State = "unusable" // it cannot be read, or not be found out whether it is trusted
)

// Project is what is known of a folder at one moment. It is never changed.
type Project struct {
	Dir   string
	State State
	Note  string // for people, on one line, with the mending command; empty where all is well

	// Registry is the user's with the servers of the project; nil unless Trusted.
	Registry *registry.Registry

	base    *registry.Registry // that Registry was made of
	hash    string             // of the file
	granted registry.Granted
}

// Servers are those of the project, by name.
func (p *Project) Servers() []registry.Server {
	if p.Registry == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.Registry.Servers), func(s registry.Server) bool { return s.Project != p.Dir })
}

// Trust is what the user has trusted, or why that is not known.
type Trust struct {
	Store *trust.Store
	Err   error
}

// Read looks at the project in dir, for a user with that registry. before is
// what was read the last time; it is returned if nothing has changed, and may
// be nil. ok is false if there is no project there any more.
func Read(dir string, base *registry.Registry, trusted Trust, before *Project) (p *Project, ok bool) {
	data, err := registry.ReadProject(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	p = &Project{Dir: dir, base: base}
	unreadable := trust.CheckDir(dir)
	switch {
	case unreadable != nil:
		p.not(Unusable, "%v", unreadable)
	case err != nil:
		p.not(Unusable, "%v", err)
	case trusted.Err != nil:
		p.not(Unusable, "it is not known what was trusted: %v", trusted.Err)
	default:
		sum := sha256.Sum256(data)
		p.hash = hex.EncodeToString(sum[:])
		p.decide(trusted.Store)
	}
	if before != nil && p.same(before) {
		return before, true
	}
	if p.State == Trusted {
		p.build(data)
	}
	return p, true
}

// decide says whether the file counts, by what was agreed to.
func (p *Project) decide(agreed *trust.Store) {
	switch agreed.State(p.Dir, p.hash) {
	case trust.Trusted:
		entry, _ := agreed.Entry(p.Dir)
		p.State, p.granted = Trusted, registry.Granted{Secrets: entry.Secrets, Env: entry.Env}
	case trust.Changed:
		p.not(Changed, "%s changed since it was trusted; %s shows how, and asks", registry.ProjectFile(p.Dir), trust.Command(p.Dir))
	default:
		p.not(Untrusted, "%s is not trusted; %s shows what it would run, and asks", registry.ProjectFile(p.Dir), trust.Command(p.Dir))
	}
}

// build makes the registry of the sessions there.
func (p *Project) build(data []byte) {
	parsed, err := registry.ParseProject(p.Dir, data)
	if err == nil {
		p.Registry, err = p.base.With(parsed, p.granted)
	}
	switch {
	case errors.Is(err, registry.ErrNoProjects):
		p.not(Wrong, "%v", err)
	case err != nil:
		p.not(Wrong, "%v; mend it, then: %s", err, trust.Command(p.Dir))
	}
}

func (p *Project) not(s State, format string, args ...any) {
	p.State, p.Registry = s, nil
	p.Note = "The servers of this project are not used: " + strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ") + "."
}

// same reports whether p, which is not built yet, would be before once more.
func (p *Project) same(before *Project) bool {
	if p.base != before.base || p.hash != before.hash || !reflect.DeepEqual(p.granted, before.granted) {
		return false
	}
	if p.State == Trusted {
		return before.State == Trusted || before.State == Wrong
	}
	return p.State == before.State && p.Note == before.Note
}
