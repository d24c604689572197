package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
)

// EditOptions are what `loom edit` needs.
type EditOptions struct {
	IO           *IO
	Dirs         func() (localsock.Dirs, error)
	RegistryFile func() (RegistryFile, error)
	Dial         func(context.Context) (*Conn, error)
	Terminal     func() (*terminal, error)
	Editor       string // a command line, as in $VISUAL
}

// NewCmdEdit makes `loom edit`.
func NewCmdEdit(f *Factory, runF func(context.Context, *EditOptions) error) *cobra.Command {
	opts := &EditOptions{IO: f.IO, Dirs: f.Dirs, RegistryFile: f.RegistryFile, Dial: f.Dial, Terminal: openTerminal, Editor: editorOf(os.Getenv)}
	if runF == nil {
		runF = runEdit
	}
	return &cobra.Command{
		Use:   "edit",
		Short: "Edit the registry, and let loomd read it when it is right",
		Long: `Edit the registry in your editor ($VISUAL, else $EDITOR, else vi), and let a
running loomd read it.

The editor has a copy. With mistakes in it nothing is written: they are shown with
their places, and you edit on, or keep the copy as a draft for the next time.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
}

func editorOf(getenv func(string) string) string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if e := strings.TrimSpace(getenv(name)); e != "" {
			return e
		}
	}
	return "vi"
}

func runEdit(ctx context.Context, opts *EditOptions) error {
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	before, err := os.ReadFile(file.Path)
	if err != nil && (file.Named || !errors.Is(err, fs.ErrNotExist)) {
		return fmt.Errorf("reading registry: %w", err)
	}
	layers := file.sources(dirs)
	draft := filepath.Join(dirs.State, "draft-"+filepath.Base(file.Path))
	if err := beginDraft(opts.IO, draft, before); err != nil {
		return err
	}
	for {
		if err := runEditor(ctx, opts.Editor, draft); err != nil {
			return withHint(err, "what you wrote is in %s; loom edit goes on from there", draft)
		}
		after, err := os.ReadFile(draft)
		if err != nil {
			return fmt.Errorf("reading what you wrote: %w", err)
		}
		if bytes.Equal(after, before) {
			fmt.Fprintln(opts.IO.Out, "nothing changed")
			return os.Remove(draft)
		}
		_, mistakes := layers.LoadWith(after)
		if mistakes == nil {
			if err := replaceIfSame(file.Path, before, after); err != nil {
				return withHint(fmt.Errorf("writing registry: %w", err), "what you wrote is in %s", draft)
			}
			if err := os.Remove(draft); err != nil {
				return err
			}
			printLineDiff(opts.IO, before, after)
			return applyEdit(ctx, opts, file)
		}
		printError(opts.IO, mistakes)
		if again, err := editOn(ctx, opts); err != nil || !again {
			return withHint(errors.Join(errors.New("the registry is as it was"), err), "what you wrote is in %s; loom edit goes on from there", draft)
		}
	}
}

// editOn asks whether the mistakes are to be mended now. Without a terminal nobody
// is there to do it.
func editOn(ctx context.Context, opts *EditOptions) (bool, error) {
	t, err := opts.Terminal()
	if errors.Is(err, errNoTerminal) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer t.close()
	return t.confirm(ctx, "Edit on?")
}

// beginDraft writes the copy that is edited. One from before is taken up: it is
// what somebody wrote and could not bring in.
func beginDraft(io *IO, draft string, before []byte) error {
	if err := os.MkdirAll(filepath.Dir(draft), 0o700); err != nil {
		return fmt.Errorf("beginning a draft: %w", err)
	}
	f, err := os.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		io.Note("going on with the draft of before (%s)", draft)
		io.Hint("to begin anew: rm %s", draft)
		return nil
	}
	if err != nil {
		return fmt.Errorf("beginning a draft: %w", err)
	}
	_, err = f.Write(before)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(draft)
		return fmt.Errorf("beginning a draft: %w", err)
	}
	return nil
}

// runEditor runs a command line as a shell does: people have arguments in theirs.
func runEditor(ctx context.Context, editor, file string) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", editor+` "$1"`, "loom-edit", file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running the editor %s: %w", editor, err)
	}
	return nil
}

func applyEdit(ctx context.Context, opts *EditOptions, file RegistryFile) error {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		fmt.Fprintf(opts.IO.Out, "%s is written\n", file.Path)
		return nil
	}
	if err != nil {
		return err
	}
	reply, err := reload(ctx, opts.IO, conn)
	if err != nil {
		return err
	}
	printReload(opts.IO, reply)
	return nil
}
