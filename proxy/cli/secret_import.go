package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/dotenv"
)

// SecretImportOptions are what `loom secret import` needs.
type SecretImportOptions struct {
	SecretOptions

	File   string
	Prefix string
	DryRun bool
	Force  bool
}

// NewCmdSecretImport makes `loom secret import`.
func NewCmdSecretImport(f *Factory, runF func(context.Context, *SecretImportOptions) error) *cobra.Command {
	opts := &SecretImportOptions{SecretOptions: newSecretOptions(f)}
	if runF == nil {
		runF = runSecretImport
	}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take the variables of a .env file into the keyring",
		Long: `Take the variables of a .env file into the keyring, each under its own name.

Quotes, export and comments are understood; nothing is expanded: $ is a dollar
sign. A file with a line that cannot be read changes nothing. Values are never
shown, and the file stays: how to delete it is said at the end.`,
		Example: `  loom secret import .env --dry-run
  loom secret import .env --prefix gitlab-`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.File = args[0]
			if opts.Prefix != "" && !secret.ValidName(opts.Prefix+"X") {
				return usagef(cmd, "%q cannot begin the name of a secret: use letters, digits, - _ and ., and no - or . first", opts.Prefix)
			}
			if err := checkBackend(cmd, opts.Backend); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.Prefix, "prefix", "", "put this `text` in front of each name")
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.Flags().BoolVar(&opts.Force, "force", false, "replace secrets that have another value, without asking")
	backendFlag(cmd, &opts.Backend)
	passphraseFlag(cmd, &opts.PassphraseFD)
	return cmd
}

// imported is a variable on its way to the keyring.
type imported struct {
	name  string // of the secret
	value secret.Value
	state string // new, same, other
	note  string
}

func runSecretImport(ctx context.Context, opts *SecretImportOptions) error {
	found, err := opts.read()
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%s has no variable with a value", opts.File)
	}
	ring, err := opts.open()
	if err != nil {
		return err
	}
	if err := compare(ctx, ring, found); err != nil {
		return err
	}
	printImport(opts.IO, found)
	if opts.DryRun {
		fmt.Fprintln(opts.IO.Out, "nothing was done")
		return nil
	}
	chosen, err := opts.choose(ctx, found)
	if err != nil {
		return err
	}
	var names []string
	for _, i := range chosen {
		var item keyring.Item
		if item, ring, err = opts.put(ctx, ring, i.name, i.value); err != nil {
			if len(names) > 0 {
				opts.IO.Note("set before it: %s", strings.Join(names, ", "))
			}
			return err
		}
		opts.left(item)
		names = append(names, i.name)
	}
	fmt.Fprintf(opts.IO.Out, "%s set\n", plural(len(names), "secret"))
	if len(names) > 0 {
		restarted, err := opts.changed(ctx, ring, names...)
		if err != nil {
			return fmt.Errorf("they are set, but loomd does not know: %w", err)
		}
		printRestarted(opts.IO, restarted, "with them")
		if err := opts.learnUsers(ctx, names...); err != nil {
			return err
		}
	}
	if len(chosen) == len(found)-same(found) {
		opts.IO.Hint("the values are still in the file: rm %s", shellQuote(opts.File))
	} else {
		opts.IO.Hint("%s has values that are nowhere else", opts.File)
	}
	return nil
}

// read takes the variables of the file that have a value.
func (opts *SecretImportOptions) read() ([]*imported, error) {
	f, err := os.Open(opts.File)
	if err != nil {
		return nil, fmt.Errorf("importing: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, dotenv.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("importing: %w", err)
	}
	vars, err := dotenv.Parse(data)
	if syntax := (*dotenv.SyntaxError)(nil); errors.As(err, &syntax) {
		return nil, fmt.Errorf("importing: %s:%d: %s", opts.File, syntax.Line, syntax.What)
	}
	if err != nil {
		return nil, fmt.Errorf("importing %s: %w", opts.File, err)
	}
	var found []*imported
	for _, v := range vars {
		name := opts.Prefix + v.Name
		switch err := checkSecret(v.Value); {
		case v.Value == "":
			opts.IO.Note("%s:%d: %s is empty, and left out", opts.File, v.Line, v.Name)
			continue
		case err != nil:
			return nil, fmt.Errorf("importing: %s:%d: %s: %w", opts.File, v.Line, v.Name, err)
		case !secret.ValidName(name):
			return nil, fmt.Errorf("importing: %s:%d: %s is too long for the name of a secret", opts.File, v.Line, name)
		}
		i := &imported{name: name, value: secret.NewValue(v.Value), state: "new"}
		if v.Dollar {
			i.note = "holds a $, which is not expanded"
		}
		found = append(found, i)
	}
	return found, nil
}

// compare finds those that are there already. Only those are read.
func compare(ctx context.Context, ring *ring, found []*imported) error {
	items, err := ring.List()
	if err != nil {
		return err
	}
	var known []string
	for _, i := range found {
		if hasItem(items, i.name) {
			known = append(known, i.name)
		}
	}
	if len(known) == 0 {
		return nil
	}
	values, err := ring.GetAll(ctx, known)
	if err != nil {
		return err
	}
	for _, i := range found {
		switch old, there := values[i.name]; {
		case there && old.Equal(i.value):
			i.state = "same"
		case there:
			i.state = "other"
		}
	}
	return nil
}

// choose leaves out what is there already, and asks about what has another value.
func (opts *SecretImportOptions) choose(ctx context.Context, found []*imported) (chosen []*imported, err error) {
	var t *terminal
	for _, i := range found {
		take := i.state != "same"
		if i.state == "other" && !opts.Force {
			if t == nil {
				if t, err = opts.Terminal(); err != nil {
					return nil, withHint(fmt.Errorf("%s has another value already, and nothing was set", strings.Join(others(found), ", ")), "--force replaces them")
				}
				defer t.close()
			}
			if take, err = t.confirm(ctx, "Replace the value of %s?", i.name); err != nil {
				return nil, err
			}
		}
		if take {
			chosen = append(chosen, i)
		}
	}
	return chosen, nil
}

func others(found []*imported) (names []string) {
	for _, i := range found {
		if i.state == "other" {
			names = append(names, i.name)
		}
	}
	return names
}

func same(found []*imported) int {
	return len(slices.DeleteFunc(slices.Clone(found), func(i *imported) bool { return i.state != "same" }))
}

func printImport(io *IO, found []*imported) {
	t := newTable(io, "SECRET", "", "")
	for _, i := range found {
		state := map[string]cell{"new": {"new", good}, "same": {"is there already", dim}, "other": {"has another value", warn}}[i.state]
		t.row(i.name, state, i.note)
	}
	t.print()
}

// shellQuote is text as one word of a shell.
func shellQuote(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+,:@%-", r)
	}) && text != "" && text[0] != '-' {
		return text
	}
	if strings.HasPrefix(text, "-") {
		text = "./" + text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
