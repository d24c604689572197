package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/service"
)

// UninstallOptions are what `loom uninstall` needs.
type UninstallOptions struct {
	SecretOptions
	Sync    *SyncOptions
	Service func() (*service.Service, error)
	Socket  func() (string, error)
	Self    func() (string, error)

	Purge   bool
	Secrets bool
	Yes     bool
	DryRun  bool
}

// NewCmdUninstall makes `loom uninstall`.
func NewCmdUninstall(f *Factory, runF func(context.Context, *UninstallOptions) error) *cobra.Command {
	opts := &UninstallOptions{SecretOptions: newSecretOptions(f), Sync: syncOptions(f), Service: f.Service, Socket: f.Socket, Self: launch.Self}
	if runF == nil {
		runF = runUninstall
	}
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Take away everything of Loom's but its programs, after showing it",
		Long: `Take away everything of Loom's but its programs, after showing it: loomd, its
service, the entries in clients' config files, what it keeps (definitions, logs,
results, the saved environment). With --purge also your registry and its pins.

Secrets are yours, and stay in the keyring, unless you say otherwise when you are asked,
or with --secrets. What is in Loom's folders and not Loom's is left there, and named.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.asked = &passphrase{opts: &opts.SecretOptions} // for the clients' files and for the secrets, once
			opts.Sync.Secrets = opts.SecretOptions
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Purge, "purge", false, "your registry and its pins, too")
	cmd.Flags().BoolVar(&opts.Secrets, "secrets", false, "the secrets in the keyring, too")
	cmd.Flags().BoolVar(&opts.Yes, "yes", false, "do not ask; secrets stay unless --secrets says otherwise")
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false, "only show what would be taken away")
	passphraseFlag(cmd, &opts.PassphraseFD)
	return cmd
}

// stateEntries are what Loom keeps in its state folder; those of the encrypted file
// are apart, since they are the user's secrets.
var (
	stateEntries = []string{
		"audit.jsonl*", "catalog", "children*", "containers", "draft-*", "environment.json", "generated", "loomd.lock", "loomd.log*", "results", "run", "runs",
		"socket", "trust.json*", "trust.lock", ".loom-*", ".secrets-*",
	}
	// syncFiles know what clients had of their own, and are kept as long as one of
	// them did not get it back.
	syncFiles     = []string{"sync.json*", "backups"}
	secretEntries = []string{"secrets", "secrets.json", "secrets.lock"}
	configEntries = []string{"registry.yaml", "registry.d", "pins.json", "generated", ".loom-*"}
)

// removal is what is to be taken away.
type removal struct {
	pid     int // of loomd; 0: it does not run
	service string
	clients []clientsync.Change
	ledger  *clientsync.Ledger
	secrets []keyring.Item
	paths   []string // files and folders
	folders []string // that are removed when nothing is left in them
	foreign []string // what stays there
}

func runUninstall(ctx context.Context, opts *UninstallOptions) error {
	noCoreDump()
	what, err := opts.plan(ctx)
	if err != nil {
		return err
	}
	opts.show(what)
	if opts.DryRun {
		return nil
	}
	if !opts.Yes {
		t, err := opts.Terminal()
		if err != nil {
			return withHint(fmt.Errorf("nothing is taken away: %w", err), "loom uninstall --yes")
		}
		defer t.close()
		if yes, err := t.confirm(ctx, "Take all of this away?"); err != nil || !yes {
			return errors.Join(err, errors.New("nothing is taken away"))
		}
		if len(what.secrets) > 0 && !opts.Secrets {
			if opts.Secrets, err = t.confirm(ctx, "The %s in the keyring, too?", plural(len(what.secrets), "secret")); err != nil {
				return err
			}
		}
	}
	return opts.remove(ctx, what)
}

// plan looks at everything and changes nothing.
func (opts *UninstallOptions) plan(ctx context.Context) (removal, error) {
	var what removal
	dirs, err := opts.Dirs()
	if err != nil {
		return what, err
	}
	conn, err := opts.Dial(ctx)
	switch {
	case errors.Is(err, localsock.ErrNotRunning):
	case err != nil:
		return what, err
	default:
		var status loomrpc.Status
		if err := conn.Call(ctx, loomrpc.MethodStatus, nil, &status); err != nil {
			return what, err
		}
		what.pid = status.PID
	}
	if s, err := opts.Service(); err == nil && s.Installed() {
		if status, err := s.Status(ctx); err == nil {
			what.service = status.File
		}
	}
	opts.Sync.back, opts.Sync.anywhere = true, true
	plan, err := planSync(ctx, opts.Sync)
	if err != nil {
		return what, err
	}
	what.clients, what.ledger = plan.changes, plan.ledger
	none := false // it is known that there are no secrets
	if ring, err := opts.open(); err == nil {
		if what.secrets, err = ring.List(); err != nil {
			return what, err
		}
		none = len(what.secrets) == 0 && noFiles(filepath.Join(dirs.State, "secrets"))
	} else if opts.Secrets {
		return what, err
	}
	socket, err := opts.Socket()
	if err != nil {
		return what, err
	}
	what.paths = append(what.paths, socket, socket+".lock")
	what.folders = append(what.folders, dirs.State, dirs.Cache, filepath.Dir(socket))
	known := slices.Clone(stateEntries)
	if none {
		known = append(known, secretEntries...)
	}
	if base := filepath.Base(filepath.Dir(socket)); base == "loom" || strings.HasPrefix(base, "loom-") {
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(socket), "secrets-*")) // of a loomd that was killed; the pattern is good
		what.paths = append(what.paths, left...)
	}
	what.take(dirs.State, known, slices.Concat(secretEntries, syncFiles))
	what.take(dirs.Cache, []string{"*"}, nil)
	if opts.Purge {
		what.take(dirs.Config, configEntries, nil)
		what.folders = append(what.folders, dirs.Config)
	}
	what.paths = slices.DeleteFunc(what.paths, func(path string) bool { _, err := os.Lstat(path); return err != nil })
	return what, nil
}

// noFiles reports that the folder of the encrypted file holds no secret: what it has
// is the only copy.
func noFiles(dir string) bool {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") })
}

// take adds what is Loom's in a folder, and notes what is not. kept is neither.
func (r *removal) take(dir string, known, kept []string) {
	entries, _ := os.ReadDir(dir) // one that is not there has none
	for _, e := range entries {
		matches := func(pattern string) bool { ok, _ := filepath.Match(pattern, e.Name()); return ok }
		switch path := filepath.Join(dir, e.Name()); {
		case slices.ContainsFunc(known, matches):
			r.paths = append(r.paths, path)
		case !slices.ContainsFunc(kept, matches):
			r.foreign = append(r.foreign, path)
		}
	}
}

func (opts *UninstallOptions) show(what removal) {
	out := opts.IO.Out
	if what.pid != 0 {
		fmt.Fprintf(out, "loomd (pid %d) and its servers are stopped\n", what.pid)
	}
	if what.service != "" {
		fmt.Fprintf(out, "the service is removed: %s\n", what.service)
	}
	for _, c := range what.clients {
		if c.Blocked() {
			fmt.Fprintf(out, "%s keeps its entry, and Loom what it knows of it: %s\n", c.Target.Name, c.Detail)
		} else {
			fmt.Fprintf(out, "%s loses its entry: %s\n", c.Target.Name, c.Path)
		}
	}
	for _, path := range what.paths {
		fmt.Fprintf(out, "removed: %s\n", path)
	}
	for _, path := range what.foreign {
		fmt.Fprintf(out, "left, since it is not Loom's: %s\n", path)
	}
	for _, s := range what.secrets {
		state := "stays"
		if opts.Secrets {
			state = "is removed"
		}
		fmt.Fprintf(out, "secret %s %s (%s)\n", s.Name, state, s.Backend)
	}
	if self, err := opts.Self(); err == nil {
		fmt.Fprintf(out, "the programs stay; this removes them: rm %s/loom %[1]s/loomd %[1]s/loom-* %[1]s/mcp-*\n", filepath.Dir(self))
	}
}

// remove does it. What fails is told, and the rest goes on.
func (opts *UninstallOptions) remove(ctx context.Context, what removal) error {
	if what.pid != 0 {
		conn, err := opts.Dial(ctx)
		if err == nil {
			limited, cancel := context.WithTimeoutCause(ctx, stopLimit, fmt.Errorf("loomd (pid %d) is still there after %s", what.pid, stopLimit))
			err = stopAndWait(limited, conn, what.pid)
			cancel()
		}
		if err != nil { // it would write its files anew
			return withHint(fmt.Errorf("nothing is taken away: %w", err), "loom logs loomd")
		}
	}
	var failed []error
	for i, c := range what.clients {
		if c.Blocked() {
			continue
		}
		if _, err := clientsync.Apply(what.ledger, what.clients[i], false, time.Now()); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return withHint(errors.Join(failed...), "nothing else is taken away, since these clients did not get back what they had")
	}
	if opts.Secrets && len(what.ledger.Files) > 0 && len(what.secrets) > 0 {
		opts.IO.Note("the secrets stay: clients that keep their entries had some of them")
	} else if opts.Secrets && len(what.secrets) > 0 {
		ring, err := opts.open()
		if err != nil {
			return err
		}
		for _, s := range what.secrets {
			if err := ring.Delete(ctx, s.Name); err != nil {
				failed = append(failed, err)
			}
		}
	}
	if what.service != "" {
		s, err := opts.Service()
		if err == nil {
			_, err = s.Uninstall(ctx)
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	paths := what.paths
	if len(what.ledger.Files) == 0 {
		for _, name := range syncFiles {
			left, _ := filepath.Glob(filepath.Join(dirs.State, name)) // the pattern is good
			paths = append(paths, left...)
		}
	}
	if opts.Secrets && len(failed) == 0 && len(what.ledger.Files) == 0 {
		for _, name := range secretEntries {
			paths = append(paths, filepath.Join(dirs.State, name))
		}
	}
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			failed = append(failed, fmt.Errorf("removing %s: %w", path, err))
		}
	}
	for _, dir := range what.folders {
		os.Remove(dir) // one that holds something stays
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	fmt.Fprintln(opts.IO.Out, "done")
	return nil
}
