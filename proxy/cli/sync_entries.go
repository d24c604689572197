package cli

import (
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/entries"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/target"
)

// syncEntries are Loom's entries for a file.
func syncEntries(opts *SyncOptions, host target.Host, t target.Target, path string) (configfile.Object, error) {
	w, err := opts.want(host, t, path)
	if err != nil {
		return nil, err
	}
	return entries.Of(w)
}

// want is what the entries for a file are made from.
func (o *SyncOptions) want(host target.Host, t target.Target, path string) (entries.Want, error) {
	reg, err := o.Registry()
	if err != nil {
		return entries.Want{}, err
	}
	program, err := programFor(o.Self, o.Dirs, o.Socket, o.RegistryFile)
	if err != nil {
		return entries.Want{}, err
	}
	return entries.Want{
		Registry: reg, Profile: o.Profile, Target: t, Host: host, Path: path, Mode: o.mode(),
		Shared: o.Scope == string(clientsync.Project), Loom: program, Beside: besideLoom(program.Command),
	}, nil
}

func (o *SyncOptions) mode() entries.Mode {
	if o.Split {
		return entries.Split
	}
	return entries.Loom
}

// besideLoom finds a program in loom's own folder, where the servers are that come
// with it.
func besideLoom(loom string) func(command string) (string, bool) {
	return func(command string) (string, bool) {
		path := filepath.Join(filepath.Dir(loom), command)
		return path, launch.IsProgram(path)
	}
}
