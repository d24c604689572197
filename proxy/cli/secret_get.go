package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/loom-core/loom/core/secret"
)

// SecretGetOptions are what `loom secret get` needs.
type SecretGetOptions struct {
	SecretOptions

	Name   string
	Reveal bool
}

// NewCmdSecretGet makes `loom secret get`.
func NewCmdSecretGet(f *Factory, runF func(context.Context, *SecretGetOptions) error) *cobra.Command {
	opts := &SecretGetOptions{SecretOptions: newSecretOptions(f)}
	if runF == nil {
		runF = runSecretGet
	}
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Say how long a secret is and how it ends, or print it",
		Example: `  loom secret get gitlab-token
  loom secret get gitlab-token --reveal | wl-copy`,
		Args:              secretName,
		ValidArgsFunction: completeSecrets(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Name = args[0]
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Reveal, "reveal", false, "print the value, and nothing else")
	passphraseFlag(cmd, &opts.PassphraseFD)
	return cmd
}

func runSecretGet(ctx context.Context, opts *SecretGetOptions) error {
	ring, err := opts.open()
	if err != nil {
		return err
	}
	value, err := ring.Get(ctx, opts.Name)
	items, _ := ring.List()
	if errors.Is(err, secret.ErrNotFound) {
		return unknownSecret(opts.Name, items)
	}
	if err != nil {
		return err
	}
	if opts.Reveal {
		text := value.Reveal()
		if isTerminalOut(opts.IO.Out) {
			text += "\n"
		}
		_, err := io.WriteString(opts.IO.Out, text)
		return err
	}
	about := ""
	for _, i := range items {
		if i.Name == opts.Name {
			about = fmt.Sprintf(" (%s, set %s ago)", i.Backend, age(opts.Now().Sub(i.Set)))
		}
	}
	fmt.Fprintf(opts.IO.Out, "%s: %s%s\n", opts.Name, masked(value), about)
	return nil
}

func isTerminalOut(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Of a long value the end may be shown: enough to tell two tokens apart, too
// little to guess the rest.
const (
	longSecret = 20
	shownEnd   = 4
)

// masked is what may be said of a value.
func masked(v secret.Value) string {
	text := v.Reveal()
	n := utf8.RuneCountInString(text)
	if n < longSecret {
		return plural(n, "character")
	}
	runes := []rune(text)
	return fmt.Sprintf("%s, the last are %s", plural(n, "character"), visible(string(runes[n-shownEnd:])))
}
