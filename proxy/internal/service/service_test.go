package service

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
)

// TestDeployFiles: what stands in deploy/ for those who copy it by hand is what
// loom service install writes.
func TestDeployFiles(t *testing.T) {
	golden.Check(t, "../../../../deploy/systemd/loomd.service", []byte(`# loomd as a systemd user service. loom service install writes this file with the
# paths of your system. By hand: copy it to ~/.config/systemd/user/, run
# loom env save, and systemctl --user enable --now loomd. Without it the loom
# command and the clients start loomd when they need it.
`+unitText("%h/.local/bin/loomd", "%h/.local/state/loom/environment.json")))
	golden.Check(t, "../../../../deploy/launchd/dev.loom.loomd.plist", plistText(`loomd as a launchd agent. loom service install writes this file with the paths
     of your system. By hand: put your own in place of /Users/you, copy it to
     ~/Library/LaunchAgents/, run loom env save, and
     launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/dev.loom.loomd.plist`,
		Spec{Loomd: "/Users/you/.local/bin/loomd", Environment: "/Users/you/.local/state/loom/environment.json", Log: "/Users/you/.local/state/loom/loomd.log"}))
}

// fake is a manager's command: it notes what it was asked, and knows whether
// the service is loaded and runs.
type fake struct {
	asked           []string
	path            string // of the file that it would take up
	loaded, running bool
	broken          error // of every command
}

func (f *fake) run(_ context.Context, _ []string, name string, args ...string) (string, error) {
	command := strings.ReplaceAll(strings.Join(append([]string{name}, args...), " "), f.path, "FILE")
	if f.broken != nil {
		return "", f.broken
	}
	fails := &commandError{command, "no", &exec.ExitError{}}
	switch command {
	case "systemctl --user show --property=Version", "launchctl print gui/501":
		return "", nil
	case "systemctl --user show loomd.service --property=FragmentPath,UnitFileState,ActiveState,MainPID":
		if !f.loaded {
			return "FragmentPath=\nUnitFileState=\nActiveState=inactive\nMainPID=0\n", nil
		}
		if f.running {
			return "FragmentPath=" + f.path + "\nUnitFileState=enabled\nActiveState=active\nMainPID=42\n", nil
		}
		return "FragmentPath=" + f.path + "\nUnitFileState=enabled\nActiveState=failed\nMainPID=0\n", nil
	case "launchctl print gui/501/dev.loom.loomd":
		if !f.loaded {
			return "", fails
		}
		if f.running {
			return "gui/501/dev.loom.loomd = {\n\tpath = " + f.path + "\n\tstate = running\n\tpid = 42\n}\n", nil
		}
		return "gui/501/dev.loom.loomd = {\n\tpath = " + f.path + "\n\tstate = not running\n}\n", nil
	}
	f.asked = append(f.asked, command)
	switch args[len(args)-2] {
	case "enable", "bootstrap":
		f.loaded = true
	case "--now", "bootout":
		f.loaded, f.running = false, false
	case "start", "kickstart":
		f.running = true
	}
	return "", nil
}

var spec = Spec{Loomd: "/opt/a b/loomd", Environment: "/home/u/100%/environment.json", Log: "/home/u/<log>"}

// both runs a test with each manager, in a home of its own.
func both(t *testing.T, test func(t *testing.T, s *Service, f *fake)) {
	for name, of := range map[string]func(home string, f *fake) manager{
		"systemd": func(home string, f *fake) manager { return newSystemd(home, "", f.run) },
		"launchd": func(home string, f *fake) manager { return newLaunchd(home, 501, f.run) },
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{}
			m := of(t.TempDir(), f)
			f.path = m.file()
			test(t, &Service{manager: m}, f)
		})
	}
}

func TestInstallAndUninstall(t *testing.T) {
	commands := map[string][]string{
		"systemd install":   {"systemctl --user daemon-reload", "systemctl --user enable loomd.service"},
		"systemd change":    {"systemctl --user daemon-reload", "systemctl --user enable loomd.service"},
		"systemd start":     {"systemctl --user start loomd.service"},
		"systemd uninstall": {"systemctl --user disable --now loomd.service", "systemctl --user daemon-reload"},
		"launchd install":   {"launchctl enable gui/501/dev.loom.loomd", "launchctl bootstrap gui/501 FILE"},
		"launchd change":    {"launchctl bootout gui/501/dev.loom.loomd", "launchctl enable gui/501/dev.loom.loomd", "launchctl bootstrap gui/501 FILE"},
		"launchd start":     {"launchctl kickstart gui/501/dev.loom.loomd"},
		"launchd uninstall": {"launchctl bootout gui/501/dev.loom.loomd"},
	}
	both(t, func(t *testing.T, s *Service, f *fake) {
		ctx := t.Context()
		step := func(name string, want bool, do func() (bool, error)) {
			t.Helper()
			f.asked = nil
			done, err := do()
			if err != nil || done != want {
				t.Errorf("%s: %v, %v, want %v", name, done, err, want)
			}
			if want := commands[s.manager.name()+" "+name]; !slices.Equal(f.asked, want) {
				t.Errorf("%s asked\n%q, want\n%q", name, f.asked, want)
			}
		}
		install := func() (bool, error) { return s.Install(ctx, spec) }
		step("nothing to remove", false, func() (bool, error) { return s.Uninstall(ctx) })
		if s.Installed() {
			t.Error("installed before")
		}
		step("install", true, install)
		step("install again", false, install)
		if !s.Installed() {
			t.Error("not installed after")
		}
		step("start", true, func() (bool, error) { return true, s.Start(ctx) })
		if got, err := s.Status(ctx); err != nil || got != (Status{Manager: s.manager.name(), File: f.path, Installed: true, Enabled: true, Running: true, PID: 42}) {
			t.Errorf("Status = %+v, %v", got, err)
		}
		step("change", true, func() (bool, error) {
			other := spec
			other.Loomd = "/opt/b/loomd"
			return s.Install(ctx, other)
		})
		step("uninstall", true, func() (bool, error) { return s.Uninstall(ctx) })
		if _, err := os.Stat(f.path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is still there: %v", err)
		}
		if got, err := s.Status(ctx); err != nil || got != (Status{Manager: s.manager.name(), File: f.path}) {
			t.Errorf("Status = %+v, %v", got, err)
		}
	})
}

// TestAForeignFileIsLeftAlone: somebody else's unit of that name.
func TestAForeignFileIsLeftAlone(t *testing.T) {
	both(t, func(t *testing.T, s *Service, f *fake) {
		os.MkdirAll(filepath.Dir(f.path), 0o700)
		os.WriteFile(f.path, []byte("mine"), 0o600)
		var foreign *ForeignError
		if _, err := s.Install(t.Context(), spec); !errors.As(err, &foreign) {
			t.Errorf("Install: %v", err)
		}
		if _, err := s.Uninstall(t.Context()); !errors.As(err, &foreign) || foreign.File != f.path {
			t.Errorf("Uninstall: %v", err)
		}
		if text, _ := os.ReadFile(f.path); string(text) != "mine" || len(f.asked) > 0 || s.Installed() {
			t.Errorf("the file is %q, asked was %q", text, f.asked)
		}
		if got, err := s.Status(t.Context()); err != nil || !got.Foreign || got.Installed {
			t.Errorf("Status = %+v, %v", got, err)
		}
	})
}

// TestWithoutAManager: it is said, nothing is written, and what was written
// before can still be removed.
func TestWithoutAManager(t *testing.T) {
	both(t, func(t *testing.T, s *Service, f *fake) {
		if _, err := s.Install(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		f.broken = &commandError{"systemctl", "Failed to connect to bus", &exec.ExitError{}}
		got, err := s.Status(t.Context())
		if err != nil || !strings.Contains(got.Unavailable, "Failed to connect to bus") || !got.Installed || got.Enabled {
			t.Errorf("Status = %+v, %v", got, err)
		}
		if removed, err := s.Uninstall(t.Context()); err != nil || !removed {
			t.Errorf("Uninstall: %v, %v", removed, err)
		}
		var none *UnavailableError
		if _, err := s.Install(t.Context(), spec); !errors.As(err, &none) {
			t.Errorf("Install: %v", err)
		}
		f.broken = exec.ErrNotFound
		if _, err := s.Install(t.Context(), spec); !errors.As(err, &none) || !strings.Contains(err.Error(), "this system has no") {
			t.Errorf("Install without the command: %v", err)
		}
		if _, err := os.Stat(f.path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file was written: %v", err)
		}
	})
	zero := &Service{}
	var none *UnavailableError
	if _, err := zero.Install(t.Context(), spec); !errors.As(err, &none) {
		t.Errorf("on another system: %v", err)
	}
	if got, err := zero.Status(t.Context()); err != nil || got.Unavailable == "" || zero.Installed() {
		t.Errorf("on another system: %+v, %v", got, err)
	}
}

// TestTheManagerOfAnotherHome: in a sandbox the manager is still the user's own.
func TestTheManagerOfAnotherHome(t *testing.T) {
	f := &fake{path: "/home/real/.config/systemd/user/loomd.service", loaded: true, running: true}
	s := &Service{manager: newSystemd(t.TempDir(), "", f.run)}
	if err := s.Start(t.Context()); err == nil || len(f.asked) > 0 {
		t.Errorf("Start: %v, asked %q", err, f.asked)
	}
	if _, err := s.Install(t.Context(), spec); err == nil || !strings.Contains(err.Error(), f.path) {
		t.Errorf("Install: %v", err)
	}
	if got, err := s.Status(t.Context()); err != nil || got.Running {
		t.Errorf("Status = %+v, %v", got, err)
	}
}

func TestPathsAreQuoted(t *testing.T) {
	unit := string(newSystemd("/home/u", "", nil).text(spec))
	if want := `ExecStart="/opt/a b/loomd" --environment /home/u/100%%/environment.json` + "\n"; !strings.Contains(unit, want) || !strings.HasPrefix(unit, "# "+mark) {
		t.Errorf("no %q in\n%s", want, unit)
	}
	if got, want := unitQuote(`/a$b"c\d`), `/a$$b\"c\\d`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	plist := newLaunchd("/Users/u", 501, nil).text(spec)
	dec := xml.NewDecoder(strings.NewReader(string(plist)))
	var texts []string
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, plist)
		}
		if text, ok := token.(xml.CharData); ok && strings.HasPrefix(string(text), "/") {
			texts = append(texts, string(text))
		}
	}
	if want := []string{spec.Loomd, spec.Environment, spec.Log, spec.Log}; !slices.Equal(texts, want) {
		t.Errorf("the plist has %q, want %q", texts, want)
	}
}

func TestRunCommandSaysWhatTheCommandSaid(t *testing.T) {
	_, err := runCommand(t.Context(), []string{"WHAT=a reason"}, "sh", "-c", `echo "$WHAT" >&2; exit 4`)
	var exit *exec.ExitError
	if err == nil || !strings.HasSuffix(err.Error(), ": a reason") || !errors.As(err, &exit) || exit.ExitCode() != 4 {
		t.Errorf("got %v", err)
	}
	if _, err := runCommand(t.Context(), nil, "no-such-program"); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if out, err := runCommand(t.Context(), nil, "sh", "-c", "echo out; echo err >&2"); err != nil || out != "out\n" {
		t.Errorf("got %q, %v", out, err)
	}
}
