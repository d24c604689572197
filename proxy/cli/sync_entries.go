package cli

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

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

// modeFlags ask for who is to start the servers.
func modeFlags(cmd *cobra.Command, opts *SyncOptions) {
	flags := cmd.Flags()
	flags.BoolVar(&opts.LoomMode, "loom-mode", false, "one entry, of all servers; the usual one")
	flags.BoolVar(&opts.Split, "split", false, "an entry for each server, for clients whose permission rules name servers")
	flags.BoolVar(&opts.Direct, "direct", false, "the servers themselves, which the client starts without loomd")
	cmd.MarkFlagsMutuallyExclusive("loom-mode", "split", "direct")
}

func (o *SyncOptions) mode() entries.Mode {
	switch {
	case o.Split:
		return entries.Split
	case o.Direct:
		return entries.Direct
	}
	return entries.Loom
}

// noteUnkept says which rules of a profile nobody keeps when clients start the
// servers themselves.
func (o *SyncOptions) noteUnkept(clients []target.Target) error {
	if !o.Direct {
		return nil
	}
	reg, err := o.Registry()
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, t := range clients {
		p, err := reg.ProfileFor(t.ID, o.Profile)
		if err != nil {
			return err
		}
		name, _, _ := strings.Cut(p.Name, "\x00")
		if (p.ReadOnly || len(p.Allow)+len(p.Deny) > 0) && !told[name] {
			told[name] = true
			o.IO.Note("profile %s says which tools may be called; with --direct nobody sees to that", name)
		}
	}
	return nil
}

// besideLoom finds a program in loom's own folder, where the servers are that come
// with it.
func besideLoom(loom string) func(command string) (string, bool) {
	return func(command string) (string, bool) {
		path := filepath.Join(filepath.Dir(loom), command)
		return path, launch.IsProgram(path)
	}
}
