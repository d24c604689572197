package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/service"
)

// DoctorOptions are what `loom doctor` needs.
type DoctorOptions struct {
	ValidateOptions
	Socket  func() (string, error)
	Service func() (*service.Service, error)
	Self    func() (string, error)
	Find    func(localsock.Dirs) (string, error) // loomd
	Version string
	Sync    *SyncOptions

	Report string // a file
}

// NewCmdDoctor makes `loom doctor`.
func NewCmdDoctor(f *Factory, runF func(context.Context, *DoctorOptions) error) *cobra.Command {
	opts := &DoctorOptions{
		ValidateOptions: ValidateOptions{SecretOptions: newSecretOptions(f), RegistryFile: f.RegistryFile, Scan: launch.FindScan, What: "registry"},
		Socket:          f.Socket, Service: f.Service, Self: launch.Self, Find: launch.Find, Version: f.Version,
		Sync: syncOptions(f),
	}
	opts.Sync.Scope, opts.Sync.DryRun = string(clientsync.User), true
	if runF == nil {
		runF = runDoctor
	}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at everything that Loom needs, and say what mends what is wrong",
		Long: `Look at everything that Loom needs: programs, registry, socket, loomd, the
environment that servers get, keyring, secrets, clients, files and left-over processes.
Each finding comes with the command that mends it. It changes nothing.

--report writes it all into one file for a bug report, without secrets, and with ~ for
your home directory. Exits with 1 when something is wrong.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().StringVar(&opts.Report, "report", "", "write everything into this `file`")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("report", "json")
	return cmd
}

// grade is how a check went.
type grade string

const (
	gradeOK   grade = "ok"
	gradeWarn grade = "warn"
	gradeFail grade = "fail"
)

// diagnosis is what one check says.
type diagnosis struct {
	Check string `json:"check"`
	Grade grade  `json:"grade"`
	What  string `json:"what"`
	Mend  string `json:"mend,omitempty"` // a command
}

// check looks at one thing.
type check struct {
	name string
	run  func(ctx context.Context, opts *DoctorOptions, say func(g grade, mend, format string, args ...any))
}

// checks are all that the doctor does, in the order in which one depends on another.
func checks() []check {
	return []check{
		{"programs", checkPrograms},
		{"registry", checkRegistry},
		{"socket", checkSocket},
		{"loomd", checkDaemon},
		{"service", checkService},
		{"environment", checkEnvironment},
		{"keyring", checkKeyring},
		{"clients", checkClients},
		{"files", checkFiles},
		{"processes", checkProcesses},
	}
}

func runDoctor(ctx context.Context, opts *DoctorOptions) error {
	var all []diagnosis
	for _, c := range checks() {
		before := len(all)
		c.run(ctx, opts, func(g grade, mend, format string, args ...any) {
			all = append(all, diagnosis{c.name, g, fmt.Sprintf(format, args...), mend})
		})
		if len(all) == before {
			all = append(all, diagnosis{c.name, gradeOK, "nothing to say", ""})
		}
	}
	failed := false
	for _, d := range all {
		failed = failed || d.Grade == gradeFail
	}
	switch {
	case opts.JSON:
		if err := opts.IO.JSON(all); err != nil {
			return err
		}
	case opts.Report != "":
		if err := opts.writeReport(ctx, all); err != nil {
			return err
		}
	default:
		printDiagnoses(opts.IO, all)
	}
	if failed {
		return errPrinted
	}
	return nil
}

func printDiagnoses(io *IO, all []diagnosis) {
	styles := map[grade]style{gradeOK: good, gradeWarn: warn, gradeFail: bad}
	failed, warned := 0, 0
	for _, d := range all {
		switch d.Grade {
		case gradeFail:
			failed++
		case gradeWarn:
			warned++
		}
		fmt.Fprintf(io.Out, "%s %-11s  %s\n", io.paint(fmt.Sprintf("%-4s", d.Grade), styles[d.Grade]), d.Check, strings.ReplaceAll(d.What, "\n", "\n                  "))
		if d.Mend != "" {
			fmt.Fprintf(io.Out, "                  hint: %s\n", d.Mend)
		}
	}
	if failed+warned == 0 {
		fmt.Fprintln(io.Out, "\nnothing is wrong")
		return
	}
	fmt.Fprintf(io.Out, "\n%s, %s\n", plural(failed, "failure"), plural(warned, "warning"))
}

// writeReport writes what the doctor found, and what loomd says, for somebody else
// to read.
func (opts *DoctorOptions) writeReport(ctx context.Context, all []diagnosis) error {
	f, err := os.OpenFile(opts.Report, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return withHint(fmt.Errorf("writing the report: %w", err), "name a file that is not there yet")
	}
	text := opts.report(ctx, all, time.Now())
	_, err = f.WriteString(text)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	fmt.Fprintf(opts.IO.Out, "%s is written; read it before you share it\n", opts.Report)
	return nil
}
