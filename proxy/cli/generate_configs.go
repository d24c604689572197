package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/proxy/internal/entries"
	"github.com/loom-core/loom/proxy/internal/generated"
	"github.com/loom-core/loom/proxy/internal/target"
)

// GenerateOptions are what `loom generate configs` needs.
type GenerateOptions struct {
	*SyncOptions
	Out string // in place of generated/
}

func newCmdGenerateConfigs(f *Factory, runF func(context.Context, *GenerateOptions) error) *cobra.Command {
	opts := &GenerateOptions{SyncOptions: syncOptions(f)}
	opts.Scope = "user"
	if runF == nil {
		runF = runGenerateConfigs
	}
	cmd := &cobra.Command{
		Use:   "configs",
		Short: "Write the entries of all clients into generated/, to read and to compare",
		Long: `Write the entries of all clients, or of those named, into generated/: for each
profile and client a file like the client's own, with nothing else in it. The same
registry and profile give the same bytes; files that are right already are left alone.

generated/ is beside the registry where that is in a git checkout, else in Loom's
state folder. No file holds a secret, but paths of this machine. Nothing is written into
the clients' own files: loom sync does that, and only what stands here.`,
		Example: `  loom generate configs
  loom generate configs --target codex,claude --profile work
  loom generate configs --direct --out /tmp/direct`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, id := range opts.Targets {
				if err := knownTarget(cmd, id); err != nil {
					return err
				}
			}
			return runF(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&opts.Targets, "target", []string{"all"}, "the `clients`")
	flags.StringVar(&opts.Profile, "profile", "", "the `profile` for all of them, in place of the registry's choice")
	modeFlags(cmd, opts.SyncOptions)
	flags.StringVar(&opts.Out, "out", "", "another `folder` than generated/")
	flags.BoolVar(&opts.JSON, "json", false, "print JSON")
	cmd.RegisterFlagCompletionFunc("target", func(cmd *cobra.Command, _ []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completeTargets(cmd, nil, begin)
	})
	cmd.RegisterFlagCompletionFunc("profile", completeProfiles(f))
	cmd.MarkFlagDirname("out")
	return cmd
}

// generatedFile is what `loom generate configs --json` prints of a file.
type generatedFile struct {
	Client  string       `json:"client"`
	Profile string       `json:"profile"`
	Mode    entries.Mode `json:"mode"`
	File    string       `json:"file"`
	Written bool         `json:"written"`
	text    []byte
}

func runGenerateConfigs(_ context.Context, opts *GenerateOptions) error {
	files, err := opts.files()
	if err != nil {
		return err
	}
	if err := opts.noteUnkept(opts.clients()); err != nil {
		return err
	}
	for i, f := range files {
		if files[i].Written, err = generated.Write(f.File, f.text); err != nil {
			return err
		}
	}
	if opts.JSON {
		return opts.IO.JSON(files)
	}
	for _, f := range files {
		if f.Written {
			fmt.Fprintf(opts.IO.Out, "%s %s\n", opts.IO.paint("written  ", good), f.File)
		} else {
			fmt.Fprintf(opts.IO.Out, "%s %s\n", opts.IO.paint("unchanged", dim), f.File)
		}
	}
	return nil
}

// clients are those that are asked for and have a file of the user's.
func (opts *GenerateOptions) clients() []target.Target {
	return slices.DeleteFunc(target.All(), func(t target.Target) bool {
		return t.User == nil || !slices.Contains(opts.Targets, "all") && !slices.Contains(opts.Targets, t.ID)
	})
}

// files are all that is to be written, so that a mistake leaves all as it is.
func (opts *GenerateOptions) files() ([]generatedFile, error) {
	host, err := opts.Host()
	if err != nil {
		return nil, err
	}
	dir, err := opts.generatedDir()
	if err != nil {
		return nil, err
	}
	if opts.Out != "" {
		if dir, err = filepath.Abs(opts.Out); err != nil {
			return nil, fmt.Errorf("resolving --out %s: %w", opts.Out, err)
		}
	}
	files := []generatedFile{}
	for _, t := range opts.clients() {
		w, err := opts.want(host, t, t.UserFile(host))
		if err != nil {
			return nil, err
		}
		o, err := entries.Of(w)
		if err != nil {
			return nil, err
		}
		f := generatedFile{Client: t.ID, Profile: w.ProfileName(), Mode: w.Mode}
		f.File = generated.Path(dir, f.Profile, t.ID, entries.FileName(t, host))
		if f.text, err = entries.Text(t, o); err != nil {
			return nil, fmt.Errorf("generating for %s: %w", t.Name, err)
		}
		files = append(files, f)
	}
	return files, nil
}
