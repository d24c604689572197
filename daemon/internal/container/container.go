// Package container looks after servers that are `docker run` or `podman run`.
//
// The process that loomd starts then is only a client of a daemon: when it is
// killed the container runs on, where no signal and no process group reaches
// it. So the command gets a file to write the container's id to, and labels to
// find it by, and when the process has ended the container is ended as well; at
// the next start also the one of a loomd that was killed.
//
// Package pool calls it around the life of a process, package app at the start.
package container

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Labels of every container that a server of Loom runs in.
const (
	labelInstance = "dev.loom.instance" // the life of loomd
	labelServer   = "dev.loom.server"
	labelRun      = "dev.loom.run" // one start of the server
)

// Options say whose container it is. All fields are required but Env.
type Options struct {
	Dir      string   // for notes and ids, one folder per state directory; made if need be
	Instance string   // the life of loomd, without a dot
	Server   string   // its name in the registry
	WorkDir  string   // where the process runs: a relative --cidfile of the user's is there
	Env      []string // of the process, "NAME=value": docker finds its daemon by it
}

// Container is what one start of such a server leaves to be ended.
type Container struct {
	// Args are what to start the server with, in place of its own.
	Args []string
	// Warning is what is wrong with the command, empty if nothing is.
	Warning string

	tool    tool
	run     string // the value of labelRun
	note    string // the file that says that there may be a container
	idFile  string // empty if the command is given none
	dropped bool   // by End
}

// Prepare adds what is needed to args, the arguments of the program path,
// if that is docker or podman and runs a container; else it returns nil.
// Without it the server may be started as it is, and its container is not ended.
func Prepare(path string, args []string, o Options) (*Container, error) {
	cmd, ok := parse(path, args)
	if !ok {
		return nil, nil
	}
	c := &Container{run: rand.Text(), tool: tool{Path: path, Globals: cmd.globals, env: o.Env}}
	c.note = filepath.Join(o.Dir, o.Instance+"."+c.run)
	extra := []string{"--label", labelInstance + "=" + o.Instance, "--label", labelServer + "=" + o.Server, "--label", labelRun + "=" + c.run}
	switch {
	case cmd.idFile != "":
		c.idFile = cmd.idFile
		if !filepath.IsAbs(c.idFile) {
			c.idFile = filepath.Join(o.WorkDir, c.idFile)
		}
	case !strings.HasPrefix(path, "/snap/"): // such a one may not write here, and is found by its label
		c.idFile = c.note + idSuffix
		extra = append([]string{"--cidfile", c.idFile}, extra...)
	}
	if cmd.detached {
		c.Warning = fmt.Sprintf("%s run is given -d: it ends at once and nothing is connected to the server; take the option out of args", filepath.Base(path))
	}
	c.Args = slices.Concat(args[:cmd.options], extra, args[cmd.options:])
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for the ids of containers: %w", err)
	}
	if err := c.write(); err != nil {
		return nil, err
	}
	return c, nil
}

const idSuffix = ".id"

// write leaves a note that there may be a container, and how to reach it.
func (c *Container) write() error {
	note := c.tool
	note.Vars = note.reachedBy()
	raw, err := json.Marshal(note)
	if err == nil {
		err = os.WriteFile(c.note, append(raw, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("noting that there is a container: %w", err)
	}
	return nil
}

// End ends the container if it is still there, and removes it. It is called
// when the process has ended, and may be called again when it failed. What
// could not be ended is tried again at the next start of loomd.
func (c *Container) End(ctx context.Context) error {
	if c.dropped {
		return nil
	}
	ids, err := c.ids(ctx)
	if err == nil {
		err = c.tool.remove(ctx, ids)
	}
	if err != nil {
		return err
	}
	c.dropped = true
	if c.idFile != "" {
		os.Remove(c.idFile) // docker refuses to start with one that is there
	}
	if err := os.Remove(c.note); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the note of a container: %w", err)
	}
	return nil
}

// Again is End for a process that is about to be started once more with the
// same arguments.
func (c *Container) Again(ctx context.Context) error {
	if err := c.End(ctx); err != nil {
		return err
	}
	c.dropped = false
	return c.write()
}

// ids finds the container: by the id that was written down, or by its label
// if the command was killed before it could.
func (c *Container) ids(ctx context.Context) ([]string, error) {
	if c.idFile != "" {
		raw, err := os.ReadFile(c.idFile)
		if id := strings.TrimSpace(string(raw)); id != "" {
			return []string{id}, nil
		}
		// docker makes the file before it makes the container, podman after.
		if errors.Is(err, fs.ErrNotExist) && filepath.Base(c.tool.Path) == "docker" {
			return nil, nil
		}
	}
	return c.tool.list(ctx, labelRun, c.run)
}
