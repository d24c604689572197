// Package entries says which entries of Loom's a client's file is to have.
//
// It is a pure function: the same registry, profile and client give the same
// entries. It reads no file and no variable, and writes nothing; that is package
// clientsync's.
package entries

import (
	"cmp"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// Mode is who starts the servers.
type Mode string

// The modes.
const (
	Loom   Mode = "loom"   // loomd: one entry for all of them
	Split  Mode = "split"  // loomd: an entry for each
	Direct Mode = "direct" // the client
)

// Want is what the entries are made from.
type Want struct {
	Registry *registry.Registry
	Profile  string // by name; empty leaves the choice to the registry
	Target   target.Target
	Host     target.Host
	Path     string // of the client's file
	Mode     Mode

	// Shared says that the file is a project's, which others have too: nothing of
	// this machine is in it.
	Shared bool
	Loom   Program
	// Beside finds a command among Loom's own programs. Without it none is there.
	Beside func(command string) (path string, ok bool)
}

// ProfileName is the profile that the client has, by the name that the registry
// gives it.
func (w Want) ProfileName() string {
	return cmp.Or(w.Profile, w.ownProfile())
}

// ownProfile is what the client has that names none.
func (w Want) ownProfile() string {
	return cmp.Or(w.Registry.Clients[w.Target.ID].Profile, registry.DefaultProfile)
}

// Of are the entries, by name. The error is a profile that the registry does not have.
func Of(w Want) (configfile.Object, error) {
	profile, err := w.Registry.ProfileFor(w.Target.ID, w.Profile)
	if err != nil {
		return nil, err
	}
	var servers []registry.Server
	for _, s := range w.Registry.Servers {
		if s.Enabled && s.IsFor(w.Target.ID) && profile.Allows(s) && profile.Reaches(s) {
			servers = append(servers, s)
		}
	}
	if w.Mode == Loom {
		l := w.proxy("")
		for _, s := range servers {
			l.AlwaysAllow = append(l.AlwaysAllow, seen(s, profile, allowed(s, profile))...)
		}
		slices.Sort(l.AlwaysAllow)
		return configfile.Object{{Key: l.Name, Value: w.Target.Entry(l)}}, nil
	}
	o := configfile.Object{}
	for _, s := range servers {
		o = append(o, configfile.Member{Key: string(s.Name), Value: w.entry(s, profile)})
	}
	return o, nil
}

// entry is that of one server.
func (w Want) entry(s registry.Server, profile registry.Profile) configfile.Object {
	if w.Mode == Direct {
		if l, ok := w.direct(s); ok {
			l.AlwaysAllow = allowed(s, profile)
			if o := w.Target.Entry(l); w.means(o, l) {
				return o
			}
		}
	}
	l := w.proxy(s.Name)
	l.AlwaysAllow = seen(s, profile.BareServer(s.Name), allowed(s, profile))
	if w.Mode == Direct && s.URL == "" && !w.Registry.Policy.Narrows(s) {
		l = w.run(s.Name)
		l.AlwaysAllow = allowed(s, profile)
	}
	l.Description = s.Description
	return w.Target.Entry(l)
}
