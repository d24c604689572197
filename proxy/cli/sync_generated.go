package cli

import (
	"bytes"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/entries"
	"github.com/loom-core/loom/proxy/internal/generated"
	"github.com/loom-core/loom/proxy/internal/target"
)

// generation is the generated file of a client, and how it stands to the registry.
type generation struct {
	path  string
	text  []byte // as it has to be
	state generatedState
	mode  entries.Mode // that the entries are of

	// was is the mode of a stale file, and same says that in that mode it is what the
	// registry gives.
	was  entries.Mode
	same bool
}

type generatedState int

const (
	generatedNone generatedState = iota // none is kept for that file
	generatedMissing
	generatedFresh
	generatedStale
)

// entries are Loom's entries for a file. In the user's own files they are those of
// the generated one, whose state is noted.
func (p *syncPlan) entries(opts *SyncOptions, host target.Host, t target.Target, path string) (configfile.Object, error) {
	o, err := syncEntries(opts, host, t, path)
	if err != nil || opts.Scope == string(clientsync.Project) {
		return o, err
	}
	w, err := opts.want(host, t, path)
	if err != nil {
		return nil, err
	}
	g, o, err := opts.generation(w, o)
	if err != nil {
		return nil, err
	}
	if p.generated == nil {
		p.generated = map[string]generation{}
	}
	p.generated[t.ID] = g
	return o, nil
}

// generation compares entries with what was generated. With anyMode it is
// the mode of what was generated that counts, and not the one that is usual.
func (o *SyncOptions) generation(w entries.Want, wanted configfile.Object) (generation, configfile.Object, error) {
	g := generation{mode: w.Mode}
	dir, err := o.generatedDir()
	if err != nil {
		return g, nil, err
	}
	g.path = generated.Path(dir, w.ProfileName(), w.Target.ID, entries.FileName(w.Target, w.Host))
	if g.text, err = entries.Text(w.Target, wanted); err != nil {
		return g, nil, err
	}
	was, there, err := generated.Read(g.path)
	switch {
	case err != nil:
		return g, nil, err
	case !there:
		g.state = generatedMissing
		return g, wanted, nil
	case bytes.Equal(was, g.text):
		g.state = generatedFresh
		return g, wanted, nil
	}
	g.state, g.was = generatedStale, entries.ModeOf(w.Target, was)
	if g.was == "" || g.was == w.Mode {
		return g, wanted, nil
	}
	w.Mode = g.was
	other, err := entries.Of(w)
	if err != nil {
		return g, nil, err
	}
	text, err := entries.Text(w.Target, other)
	if err != nil {
		return g, nil, err
	}
	g.same = bytes.Equal(was, text)
	if !o.anyMode {
		return g, wanted, nil
	}
	if g.mode, g.text = w.Mode, text; g.same {
		g.state = generatedFresh
	}
	return g, other, nil
}

// generatedDir is the folder of what is generated.
func (o *SyncOptions) generatedDir() (string, error) {
	dirs, err := o.Dirs()
	if err != nil {
		return "", err
	}
	file, err := o.RegistryFile()
	if err != nil {
		return "", err
	}
	return generated.Dir(file.Path, dirs.State), nil
}

// refuses reports that a file stays as it is, since what was generated for its
// client is not what the registry gives now.
func (p syncPlan) refuses(c clientsync.Change, opts *SyncOptions) (g generation, refuses bool) {
	g, ok := p.generated[c.Target.ID]
	return g, ok && g.state == generatedStale && !opts.Regen
}

// detail says what is the matter with a stale file.
func (g generation) detail() string {
	if g.was != "" && g.was != g.mode {
		return g.path + " was generated with " + modeFlag(g.was)
	}
	return g.path + " is not what the registry gives now"
}

// command is the one that writes the entries of a client.
func (g generation) command(client string) string {
	command := "loom sync " + client
	if g.mode == entries.Split || g.mode == entries.Direct {
		command += " " + modeFlag(g.mode)
	}
	if g.state == generatedStale {
		command += " --regen"
	}
	return command
}

// hints say what ends that the file is stale.
func (g generation) hints(client string) []string {
	again := g.command(client) + " makes it anew"
	if g.was == "" || g.was == g.mode {
		return []string{again}
	}
	stay := "loom sync " + client + " " + modeFlag(g.was)
	if !g.same {
		stay += " --regen"
	}
	return []string{stay + " stays with that", again}
}

// modeFlag is how a mode is asked for.
func modeFlag(mode entries.Mode) string {
	if mode == entries.Loom {
		return "--loom-mode"
	}
	return "--" + string(mode)
}

// save writes the generated file of a client, if it is not there as it has to be.
func (g generation) save() error {
	if g.state != generatedMissing && g.state != generatedStale {
		return nil
	}
	_, err := generated.Write(g.path, g.text)
	return err
}
