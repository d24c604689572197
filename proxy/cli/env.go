package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/registry"
)

// EnvOptions are what `loom env` needs.
type EnvOptions struct {
	IO       *IO
	Dirs     func() (localsock.Dirs, error)
	Registry func() (*registry.Registry, error)
	Env      []string
	Now      func() time.Time

	JSON bool
}

// NewCmdEnv makes `loom env`.
func NewCmdEnv(f *Factory, runF func(context.Context, *EnvOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Save and show the environment that loomd is started with",
		Long: `Save and show the environment that loomd is started with.

A client may start loomd, and has a poor environment of its own. So loomd gets
the one that was saved from your shell: PATH and the like, and what the registry
names in ${env:NAME}. loom start saves it too. Secrets are never saved.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	verb := func(use, short string, run func(context.Context, *EnvOptions) error) {
		opts := &EnvOptions{IO: f.IO, Dirs: f.Dirs, Registry: f.Registry, Env: os.Environ(), Now: time.Now}
		if runF != nil {
			run = runF
		}
		sub := &cobra.Command{
			Use: use, Short: short,
			Args:              usageArgs(cobra.NoArgs),
			ValidArgsFunction: cobra.NoFileCompletions,
			RunE:              func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), opts) },
		}
		sub.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
		cmd.AddCommand(sub)
	}
	verb("save", "Save the environment of this shell for loomd", runEnvSave)
	verb("show", "Show what is saved, and what differs in this shell", runEnvShow)
	return cmd
}

// envSaved is what `loom env save --json` prints.
type envSaved struct {
	File    string   `json:"file"`
	Changed bool     `json:"changed"`
	Names   []string `json:"names"`
	Refused []string `json:"refused"`
}

func runEnvSave(_ context.Context, opts *EnvOptions) error {
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	reg, err := opts.Registry()
	if err != nil {
		return err
	}
	changed, err := saveEnvironment(opts.IO, dirs.SavedEnvironment(), opts.Env, reg)
	if err != nil {
		return err
	}
	vars, refused := environ.Choose(opts.Env, envNames(reg))
	if opts.JSON {
		return opts.IO.JSON(envSaved{dirs.SavedEnvironment(), changed, slices.Sorted(maps.Keys(vars)), slices.Concat([]string{}, refused)})
	}
	note := ""
	if !changed {
		note = ", as they were"
	}
	fmt.Fprintf(opts.IO.Out, "%s saved%s (%s)\n", plural(len(vars), "variable"), note, dirs.SavedEnvironment())
	if changed {
		opts.IO.Hint("a loomd that runs keeps what it was started with: loom stop && loom start")
	}
	return nil
}

// envVariable is one variable, as saved and as it is in this shell. A value that
// is not there is nil.
type envVariable struct {
	Name  string  `json:"name"`
	Saved *string `json:"saved"`
	Now   *string `json:"now"`
	Same  bool    `json:"same"`
}

// envShown is what `loom env show --json` prints.
type envShown struct {
	File      string        `json:"file"`
	At        *time.Time    `json:"saved_at"` // null: nothing is saved
	Variables []envVariable `json:"variables"`
}

func runEnvShow(_ context.Context, opts *EnvOptions) error {
	shown, err := showEnvironment(opts)
	if err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(shown)
	}
	printEnvironment(opts, shown)
	return nil
}

func showEnvironment(opts *EnvOptions) (envShown, error) {
	dirs, err := opts.Dirs()
	if err != nil {
		return envShown{}, err
	}
	out := envShown{File: dirs.SavedEnvironment(), Variables: []envVariable{}}
	saved, err := environ.Read(out.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return envShown{}, err
	}
	if fi, err := os.Stat(out.File); err == nil {
		at := fi.ModTime()
		out.At = &at
	}
	extra := slices.Collect(maps.Keys(saved))
	if reg, err := opts.Registry(); err == nil { // one with mistakes: what is saved can be shown all the same
		extra = append(extra, envNames(reg)...)
	}
	now, _ := environ.Choose(opts.Env, extra)
	names := maps.Clone(now)
	maps.Copy(names, saved)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		v := envVariable{Name: name}
		was, isSaved := saved[name]
		is, isSet := now[name]
		v.Same = isSaved == isSet && was == is
		if isSaved {
			v.Saved = new(maskValue(name, was))
		}
		if isSet {
			v.Now = new(maskValue(name, is))
		}
		out.Variables = append(out.Variables, v)
	}
	return out, nil
}

var userinfo = regexp.MustCompile(`(//)[^/\s]*@`)

// maskValue is a value that may be shown: proxies are often given with a
// password in their address.
func maskValue(name, value string) string {
	if environ.LooksSecret(name) {
		return "***"
	}
	value = userinfo.ReplaceAllString(value, "$1***@")
	if strings.HasSuffix(strings.ToLower(name), "_proxy") && !strings.Contains(value, "//") {
		if at := strings.LastIndexByte(value, '@'); at >= 0 {
			value = "***" + value[at:]
		}
	}
	return value
}

func printEnvironment(opts *EnvOptions, shown envShown) {
	io := opts.IO
	if shown.At == nil {
		fmt.Fprintf(io.Out, "Nothing is saved yet (%s).\n", shown.File)
		io.Hint("loom env save")
		return
	}
	fmt.Fprintf(io.Out, "saved %s ago (%s)\n\n", age(opts.Now().Sub(*shown.At)), shown.File)
	var differs []envVariable
	for _, v := range shown.Variables {
		if v.Saved != nil {
			fmt.Fprintf(io.Out, "%s=%s\n", v.Name, oneLine(*v.Saved))
		}
		if !v.Same {
			differs = append(differs, v)
		}
	}
	if len(differs) == 0 {
		return
	}
	fmt.Fprintln(io.Out, "\nIn this shell it differs:")
	for _, v := range differs {
		switch {
		case v.Now == nil:
			fmt.Fprintf(io.Out, "  %s is not set\n", v.Name)
		case v.Saved == nil:
			fmt.Fprintf(io.Out, "  %s=%s is not saved\n", v.Name, oneLine(*v.Now))
		default:
			fmt.Fprintf(io.Out, "  %s=%s\n", v.Name, oneLine(*v.Now))
		}
	}
	io.Hint("loom env save && loom stop && loom start")
}
