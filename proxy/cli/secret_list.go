package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// NewCmdSecretList makes `loom secret list`.
func NewCmdSecretList(f *Factory, runF func(context.Context, *SecretOptions) error) *cobra.Command {
	opts := newSecretOptions(f)
	if runF == nil {
		runF = runSecretList
	}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List secrets, who uses them, and those that are missing",
		Long: `List secrets by name: the keyring that holds each, when it was set and which
servers use it; and those that the registry wants and that are not set. No
keyring is asked, so this works while one is locked.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), &opts) },
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// listedSecret is one row of `loom secret list --json`.
type listedSecret struct {
	Name    string     `json:"name"`
	Backend string     `json:"backend,omitempty"` // empty: it is not set
	Set     *time.Time `json:"set_at"`            // null: it is not set
	Missing bool       `json:"missing"`           // a server that is on cannot start without it
	Env     string     `json:"env,omitempty"`     // the variable of this shell that comes before the keyring
	UsedBy  []use      `json:"used_by"`
}

func runSecretList(_ context.Context, opts *SecretOptions) error {
	list, err := opts.list()
	if err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(opts.IO.Out, "No secret is set, and the registry wants none.")
		return nil
	}
	printSecrets(opts, list)
	return nil
}

// list joins what is set with what the registry wants.
func (opts *SecretOptions) list() ([]listedSecret, error) {
	ring, err := opts.open()
	if err != nil {
		return nil, err
	}
	items, err := ring.List()
	if err != nil {
		return nil, err
	}
	uses, err := opts.uses()
	if err != nil {
		opts.IO.Note("the registry has mistakes, so who uses a secret is not known")
		opts.IO.Hint("loom reload")
	}
	names := map[string]keyring.Item{}
	for name := range uses {
		names[name] = keyring.Item{}
	}
	for _, i := range items {
		names[i.Name] = i
	}
	vars := map[string]bool{}
	for _, kv := range secretVariables(opts.Env) {
		vars[variableName(kv)] = true
	}
	list := []listedSecret{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		l := listedSecret{Name: name, Backend: string(names[name].Backend), UsedBy: append([]use{}, uses[name]...)}
		if l.Backend != "" {
			at := names[name].Set
			l.Set = &at
		}
		if v := secret.EnvName(name); vars[v] {
			l.Env = v
		}
		l.Missing = l.Backend == "" && l.Env == "" && slices.ContainsFunc(l.UsedBy, func(u use) bool { return u.Enabled && !u.Optional })
		list = append(list, l)
	}
	return list, nil
}

func printSecrets(opts *SecretOptions, list []listedSecret) {
	t := newTable(opts.IO, "SECRET", "KEYRING", ">AGE", "USED BY")
	t.last = wrapped
	for _, l := range list {
		where, old := cell{text: l.Backend}, ""
		switch {
		case l.Missing:
			where = cell{"not set", bad}
		case l.Env != "":
			where.text = "$" + l.Env
		case l.Backend == "":
			where = cell{"not set", dim}
		}
		if l.Set != nil {
			old = age(opts.Now().Sub(*l.Set))
		}
		t.row(l.Name, where, old, useText(l.UsedBy))
	}
	t.print()
	for _, l := range list {
		if l.Missing {
			opts.IO.Hint("loom secret set %s", l.Name)
		}
	}
}
