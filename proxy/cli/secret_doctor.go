package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
)

// NewCmdSecretDoctor makes `loom secret doctor`.
func NewCmdSecretDoctor(f *Factory, runF func(context.Context, *SecretOptions) error) *cobra.Command {
	opts := newSecretOptions(f)
	if runF == nil {
		runF = runSecretDoctor
	}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say which keyrings there are, what is wrong, and what mends it",
		Long: `Say which keyrings there are and which is used, what is wrong, and what mends it:
a keyring that is locked, secrets that servers want and that are not set, and those
that are gone from their keyring. The exit code is 1 if anything is wrong.

The encrypted file is looked into only if its passphrase is given.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.Terminal = func() (*terminal, error) { return nil, errNoTerminal } // it finds out, it does not ask
			return runF(cmd.Context(), &opts)
		},
	}
	passphraseFlag(cmd, &opts.PassphraseFD)
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// finding is one thing that the doctor has to say. It is a problem, or just
// good to know.
type finding struct {
	Problem bool   `json:"problem"`
	What    string `json:"what"`
	Mend    string `json:"mend,omitempty"` // a command, or what to do
}

// examined is what `loom secret doctor --json` prints.
type examined struct {
	Program  string          `json:"program"` // loom-keyring; empty if it is not installed
	Used     string          `json:"used"`    // the keyring for new secrets; empty if there is none
	Keyrings []keyring.Probe `json:"keyrings"`
	Secrets  []listedSecret  `json:"secrets"`
	Findings []finding       `json:"findings"`
}

func runSecretDoctor(ctx context.Context, opts *SecretOptions) error {
	e := &examined{Keyrings: []keyring.Probe{}, Secrets: []listedSecret{}, Findings: []finding{}}
	e.examine(ctx, opts)
	problems := 0
	for _, f := range e.Findings {
		if f.Problem {
			problems++
		}
	}
	if opts.JSON {
		if err := opts.IO.JSON(e); err != nil {
			return err
		}
	} else {
		printExamined(opts.IO, e, problems)
	}
	if problems > 0 {
		return errPrinted
	}
	return nil
}

func (e *examined) problem(mend, format string, args ...any) {
	e.Findings = append(e.Findings, finding{true, fmt.Sprintf(format, args...), mend})
}

func (e *examined) note(mend, format string, args ...any) {
	e.Findings = append(e.Findings, finding{false, fmt.Sprintf(format, args...), mend})
}

// fail notes an error with the hints that it carries.
func (e *examined) fail(err error) {
	what, hint, _ := strings.Cut(err.Error(), "\nhint: ")
	e.problem(hint, "%s", what)
}

func (e *examined) examine(ctx context.Context, opts *SecretOptions) {
	program, err := opts.Program()
	if err != nil {
		e.problem("install it beside loom: make install", "%v", err)
		return
	}
	e.Program = program
	ring, err := opts.open()
	if err != nil {
		e.fail(err)
		return
	}
	if probes, err := ring.Probe(ctx); err != nil {
		e.fail(err)
	} else {
		e.Keyrings = append(e.Keyrings, probes...)
		e.used(opts.backend())
	}
	items, err := ring.List()
	if err != nil {
		e.fail(err)
		return
	}
	e.index(ctx, ring, items)
	unlisted := e.unlisted(ctx, ring, items)
	if _, err := opts.Registry(); err != nil {
		e.problem("loom reload lists them", "the registry has mistakes, so which secrets it wants is not known")
	}
	opts.IO = &IO{In: opts.IO.In, Out: opts.IO.Out, Err: opts.IO.Err, quiet: true} // what list notes was said
	if e.Secrets, err = opts.list(); err != nil {
		e.fail(err)
		return
	}
	for i, s := range e.Secrets {
		if slices.Contains(unlisted, s.Name) {
			e.Secrets[i].Backend, e.Secrets[i].Missing = e.Used, false
		}
	}
	e.wanted()
	e.daemon(ctx, opts)
}

// daemon asks a loomd that runs what it knows of the keyring. It is one more
// that has to open it.
func (e *examined) daemon(ctx context.Context, opts *SecretOptions) {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return
	}
	var status loomrpc.Status
	if err == nil {
		err = conn.Call(ctx, loomrpc.MethodStatus, nil, &status)
	}
	if err != nil {
		e.fail(fmt.Errorf("asking loomd: %w", err))
		return
	}
	k := status.Keyring
	why, mend, _ := strings.Cut(k.Error, "\nhint: ")
	switch {
	case k.Locked && k.Backend == string(keyring.File):
		e.problem("loom unlock", "loomd does not have the passphrase of the encrypted file")
	case k.Locked && e.Used == k.Backend && slices.ContainsFunc(e.Findings, func(f finding) bool { return f.Mend == unlockIt }):
	case k.Locked:
		e.problem(cmp.Or(mend, unlockIt), "loomd finds the keyring %s locked: %s", k.Backend, why)
	case k.Error != "":
		e.problem(cmp.Or(mend, "loom stop && loom start, in a shell in which loom secret doctor finds nothing wrong"), "loomd cannot use the keyring: %s", why)
	}
}

// used says which keyring new secrets go to: the one that the registry fixes,
// else the automatic choice.
func (e *examined) used(fixed keyring.Backend) {
	i := slices.IndexFunc(e.Keyrings, func(p keyring.Probe) bool {
		return p.Automatic && fixed == "" || p.Backend == fixed
	})
	switch {
	case i < 0 && fixed == "":
		e.problem("loom secret set NAME --backend file keeps secrets in an encrypted file, under a passphrase", "no keyring is used by itself here")
		return
	case i < 0 || !e.Keyrings[i].Available:
		why := "it is not known on this system"
		if i >= 0 {
			why = e.Keyrings[i].Why
		}
		mend := "choose another one in the registry, under secrets: {backend: …}"
		if fixed == keyring.File {
			mend = "loom secret set NAME sets it up"
		}
		e.problem(mend, "the registry wants the keyring %s, which is not available: %s", fixed, why)
		return
	}
	p := e.Keyrings[i]
	e.Used = string(p.Backend)
	if p.Locked && p.Backend != keyring.File {
		e.problem(unlockIt, "the keyring %s is locked", p.Backend)
	}
}

// unlockIt is for the keyrings that are not ours to open.
const unlockIt = "unlock it: log in to the desktop, or use its own program"

// index holds what is written down of secrets against the keyrings.
func (e *examined) index(ctx context.Context, ring *ring, items []keyring.Item) {
	in := map[keyring.Backend][]string{}
	var backends []keyring.Backend
	for _, i := range items {
		if in[i.Backend] == nil {
			backends = append(backends, i.Backend)
		}
		in[i.Backend] = append(in[i.Backend], i.Name)
	}
	for _, b := range backends {
		names := strings.Join(in[b], ", ")
		at := slices.IndexFunc(e.Keyrings, func(p keyring.Probe) bool { return p.Backend == b })
		switch {
		case at < 0 || !e.Keyrings[at].Available:
			why := "it is not known on this system"
			if at >= 0 {
				why = e.Keyrings[at].Why
			}
			e.problem("loom secret set NAME --backend KEYRING sets one anew, in another keyring", "%s cannot be read: the keyring %s is not available: %s", names, b, why)
			continue
		case b == keyring.File && ring.passphrase.absent():
			e.note("loom secret doctor --passphrase-fd N", "without its passphrase the encrypted file is not looked into, which has %s", names)
			continue
		case e.Keyrings[at].Locked && b != keyring.File:
			if string(b) != e.Used { // else it was said
				e.problem(unlockIt, "%s cannot be read: the keyring %s is locked", names, b)
			}
			continue
		}
		values, err := ring.GetAll(ctx, in[b])
		if err != nil {
			e.fail(err)
			continue
		}
		for _, name := range in[b] {
			if _, there := values[name]; !there {
				e.problem(fmt.Sprintf("loom secret set %s, or loom secret delete %[1]s", name), "%s is gone from the keyring %s: something else than Loom deleted it", name, b)
			}
		}
	}
}

// unlisted finds what the keyring has and the index does not: set by an earlier
// Loom whose state is gone, or on another machine that shares the keyring. It is
// read all the same.
func (e *examined) unlisted(ctx context.Context, ring *ring, items []keyring.Item) []string {
	used := keyring.Backend(e.Used)
	locked := slices.ContainsFunc(e.Keyrings, func(p keyring.Probe) bool { return p.Backend == used && p.Locked })
	if used == "" || locked && (used != keyring.File || ring.passphrase.absent()) {
		return nil
	}
	_, names, err := ring.Names(ctx, used)
	if err != nil {
		e.fail(ownHint(err))
		return nil
	}
	names = slices.DeleteFunc(names, func(name string) bool { return hasItem(items, name) })
	if len(names) > 0 {
		e.note("loom secret set NAME writes one down", "in the keyring %s, but not known to loom secret list: %s", used, strings.Join(names, ", "))
	}
	return names
}

// wanted holds the registry against what is set.
func (e *examined) wanted() {
	for _, s := range e.Secrets {
		for _, u := range s.UsedBy {
			if s.Missing && u.Enabled && !u.Optional {
				e.problem("loom secret set "+s.Name, "server %s needs the secret %s, which is not set", u.Server, s.Name)
			}
		}
		if s.Env != "" && s.Backend != "" {
			e.note("unset "+s.Env, "%s is set in this shell: a loomd that is started from here takes that in place of %s from the keyring", s.Env, s.Name)
		}
	}
}

func printExamined(io *IO, e *examined, problems int) {
	t := newTable(io, "KEYRING", "", "")
	for _, p := range e.Keyrings {
		state := cell{"available", style("")}
		switch {
		case !p.Available:
			state = cell{"not available", dim}
		case p.Locked && p.Backend != keyring.File: // which is, for everyone who does not say its passphrase
			state = cell{"locked", warn}
		case string(p.Backend) == e.Used:
			state = cell{"used", good}
		}
		t.row(string(p.Backend), state, oneLine(p.Why))
	}
	if len(e.Keyrings) > 0 {
		t.print()
		fmt.Fprintln(io.Out)
	}
	for _, f := range e.Findings {
		st := style("")
		if f.Problem {
			st = bad
		}
		fmt.Fprintln(io.Out, io.paint(f.What, st))
		if f.Mend != "" {
			fmt.Fprintf(io.Out, "  %s\n", f.Mend)
		}
	}
	if problems == 0 {
		fmt.Fprintln(io.Out, "nothing is wrong")
	} else {
		fmt.Fprintf(io.Out, "\n%s\n", plural(problems, "problem"))
	}
}
