package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
)

type sayer = func(g grade, mend, format string, args ...any)

func checkPrograms(_ context.Context, opts *DoctorOptions, say sayer) {
	self, err := opts.Self()
	if err != nil {
		say(gradeFail, "make install", "the path of this loom is not known: %v", err)
		return
	}
	say(gradeOK, "", "loom %s, %s", opts.Version, self)
	if first, err := exec.LookPath("loom"); err == nil && !sameProgram(first, self) {
		say(gradeWarn, "which -a loom", "another loom comes first on PATH: %s", first)
	}
	dirs, err := opts.Dirs()
	if err != nil {
		say(gradeFail, "", "%v", err)
		return
	}
	if loomd, err := opts.Find(dirs); err != nil {
		say(gradeFail, "make install", "%v", err)
	} else {
		say(gradeOK, "", "loomd, %s", loomd)
	}
	for _, p := range []struct {
		name string
		find func() (string, error)
	}{{"loom-keyring", opts.Program}, {"loom-scan", opts.Scan}} {
		if path, err := p.find(); err != nil {
			say(gradeWarn, "make install", "%v", err)
		} else {
			say(gradeOK, "", "%s, %s", p.name, path)
		}
	}
}

func sameProgram(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// checkRegistry is `loom validate`, a line for each finding.
func checkRegistry(ctx context.Context, opts *DoctorOptions, say sayer) {
	sources, err := opts.sources()
	if err != nil {
		say(gradeFail, "", "%v", err)
		return
	}
	all := &flaws{}
	reg, err := sources.Load()
	var invalid *registry.ValidationError
	switch {
	case errors.As(err, &invalid):
		for _, p := range invalid.Problems {
			all.add(severityError, p.Pos, p.Hint, "%s", p.Message)
		}
	case err != nil:
		say(gradeFail, "", "%v", err)
		return
	default:
		for _, f := range reg.Files {
			say(gradeOK, "", "%s: %s", f.Layer, f.Path)
		}
		if err := opts.meaning(ctx, reg, all); err != nil {
			say(gradeFail, "", "%v", err)
		}
	}
	if err := opts.plain(ctx, files(sources, reg), all); err != nil {
		say(gradeWarn, "", "%v", err)
	}
	for _, f := range all.list {
		g, where := gradeFail, ""
		if f.Severity == severityWarning {
			g = gradeWarn
		}
		if f.Line > 0 {
			where = registry.Position{File: f.File, Line: f.Line, Column: f.Column}.String() + ": "
		}
		say(g, f.Hint, "%s%s", where, f.Message)
	}
}

func checkSocket(_ context.Context, opts *DoctorOptions, say sayer) {
	dirs, err := opts.Dirs()
	if err != nil {
		return // said above
	}
	path, err := opts.Socket()
	if err != nil {
		say(gradeFail, "", "%v", err)
		return
	}
	say(gradeOK, "", "%s", path)
	if usual, err := dirs.DefaultSocket(); err == nil && path != usual {
		say(gradeWarn, "", "the usual place would be %s", usual)
	}
	if info, err := os.Stat(filepath.Dir(path)); err == nil && info.Mode().Perm()&0o077 != 0 {
		say(gradeFail, "chmod 700 "+filepath.Dir(path), "others can look into its folder (mode %o)", info.Mode().Perm())
	}
}

func checkDaemon(ctx context.Context, opts *DoctorOptions, say sayer) {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		say(gradeWarn, "loom start", "loomd does not run; a command or a client starts it when it is needed")
		return
	}
	if err != nil {
		say(gradeFail, "loom stop && loom start", "%v", err)
		return
	}
	var s loomrpc.Status
	if err := conn.Call(ctx, loomrpc.MethodStatus, nil, &s); err != nil {
		say(gradeFail, "loom logs loomd", "%v", err)
		return
	}
	say(gradeOK, "", "loomd %s runs (pid %d), with %s", s.Version, s.PID, plural(len(s.Sessions), "client"))
	if s.Version != opts.Version {
		say(gradeWarn, "loom stop && loom start", "this loom is %s", opts.Version)
	}
	if s.RegistryError != "" {
		say(gradeFail, "loom reload, once it is mended", "the last reload failed, and the registry before it serves:\n%s", s.RegistryError)
	}
	for _, note := range s.Notes {
		say(gradeWarn, "", "%s", oneLine(note))
	}
	if s.Audit.Error != "" || s.Audit.Dropped > 0 {
		say(gradeWarn, "df -h "+s.StateDir, "the audit log has gaps: %d records lost %s", s.Audit.Dropped, s.Audit.Error)
	}
	for _, server := range s.Servers {
		if server.Enabled && failed(server) {
			id := cmp.Or(server.ID, server.Name)
			say(gradeFail, "loom logs "+id, "server %s: %s", id, strings.TrimSpace(server.LastError))
		}
	}
}

func checkService(ctx context.Context, opts *DoctorOptions, say sayer) {
	s, err := opts.Service()
	if err != nil || !s.Installed() {
		say(gradeOK, "", "not installed: loomd starts when it is needed")
		return
	}
	status, err := s.Status(ctx)
	if err != nil {
		say(gradeWarn, "loom service status", "%v", err)
		return
	}
	say(gradeOK, "", "installed (%s)", status.File)
}

func checkEnvironment(_ context.Context, opts *DoctorOptions, say sayer) {
	dirs, err := opts.Dirs()
	if err != nil {
		return
	}
	saved, err := environ.Read(dirs.SavedEnvironment())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		say(gradeFail, "loom env save", "%v", err)
		return
	}
	if len(saved) == 0 {
		say(gradeWarn, "loom env save", "no environment is saved for loomd: it guesses PATH from your login shell")
		return
	}
	say(gradeOK, "", "PATH of the servers: %s", saved["PATH"])
	for _, kv := range opts.Env {
		if now, is := strings.CutPrefix(kv, "PATH="); is && now != saved["PATH"] {
			missing := slices.DeleteFunc(filepath.SplitList(now), func(dir string) bool {
				return dir == "" || slices.Contains(filepath.SplitList(saved["PATH"]), dir)
			})
			if len(missing) > 0 {
				say(gradeWarn, "loom stop && loom start", "this shell's PATH has more: %s", strings.Join(missing, ":"))
			}
		}
	}
}

func checkKeyring(ctx context.Context, opts *DoctorOptions, say sayer) {
	ring, err := opts.open()
	if err != nil {
		say(gradeWarn, "make install", "%v", err)
		return
	}
	probes, err := ring.Probe(ctx)
	if err != nil {
		say(gradeFail, "loom secret doctor", "%v", err)
		return
	}
	used := false
	for _, p := range probes {
		if p.Automatic || p.Backend == opts.backend() && p.Backend != "" {
			used = true
			state := ""
			if p.Locked {
				state = ", locked"
			}
			say(gradeOK, "", "%s is used%s", p.Backend, state)
		}
	}
	if !used {
		say(gradeWarn, "loom secret set NAME --backend file", "no keyring of the system is available")
	}
}

// checkFiles looks at who can read what Loom keeps.
func checkFiles(_ context.Context, opts *DoctorOptions, say sayer) {
	dirs, err := opts.Dirs()
	if err != nil {
		return
	}
	open := 0
	for _, dir := range []string{dirs.State, dirs.Config} {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			say(gradeFail, "", "%v", err)
		case !info.IsDir():
			say(gradeFail, "", "%s is no folder", dir)
		case info.Mode().Perm()&0o077 != 0 && dir == dirs.State:
			open++
			say(gradeFail, "chmod 700 "+dir, "others can look into %s (mode %o)", dir, info.Mode().Perm())
		}
	}
	filepath.WalkDir(dirs.State, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			open++
			say(gradeFail, "chmod 600 "+path, "others can read %s (mode %o)", path, info.Mode().Perm())
		}
		return nil
	})
	if open == 0 {
		say(gradeOK, "", "%s is for you only", dirs.State)
	}
}
