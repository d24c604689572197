package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const unit = "loomd.service"

// systemd is the user's manager, asked with systemctl --user.
type systemd struct {
	path string
	env  []string
	run  run
}

func newSystemd(home, config string, run run) *systemd {
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	s := &systemd{path: filepath.Join(config, "systemd", "user", unit), run: run}
	// A client may hide from its servers where the manager's bus is.
	if dir := fmt.Sprintf("/run/user/%d", os.Getuid()); os.Getenv("XDG_RUNTIME_DIR") == "" {
		if _, err := os.Stat(dir); err == nil {
			s.env = []string{"XDG_RUNTIME_DIR=" + dir}
		}
	}
	return s
}

func (s *systemd) name() string { return "systemd" }
func (s *systemd) file() string { return s.path }

func (s *systemd) text(spec Spec) []byte {
	return []byte("# " + mark + "\n" + unitText(unitQuote(spec.Loomd), unitQuote(spec.Environment)))
}

// unitText is the unit below its head. Both paths are as a unit has them.
func unitText(loomd, environment string) string {
	return `[Unit]
Description=Loom, the hub for MCP servers

[Service]
# loomd says when it serves: systemctl start returns then, or says why not.
Type=notify
ExecStart=` + loomd + ` --environment ` + environment + `
ExecReload=/bin/kill -HUP $MAINPID
# loomd ends its servers itself; what is left after that is ended by systemd.
KillMode=mixed
# For the limits of servers: loomd divides its control group among them.
Delegate=memory pids
TimeoutStopSec=60
Restart=on-failure
# Status 3: another loomd serves this user already.
RestartPreventExitStatus=3

[Install]
WantedBy=default.target
`
}

// unitQuote is a path as one word of a command line in a unit (systemd.service(5),
// "Command lines"): % and $ would be expanded.
func unitQuote(path string) string {
	path = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`, "\n", `\n`).Replace(path)
	if strings.ContainsAny(path, " \t';") {
		return `"` + path + `"`
	}
	return path
}

func (s *systemd) systemctl(ctx context.Context, args ...string) (string, error) {
	return s.run(ctx, s.env, "systemctl", append([]string{"--user"}, args...)...)
}

func (s *systemd) available(ctx context.Context) error {
	_, err := s.systemctl(ctx, "show", "--property=Version")
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("this system has no systemctl")
	}
	return err
}

func (s *systemd) load(ctx context.Context, _ bool) error {
	if _, err := s.systemctl(ctx, "daemon-reload"); err != nil {
		return err
	}
	_, err := s.systemctl(ctx, "enable", unit)
	return err
}

func (s *systemd) unload(ctx context.Context) error {
	_, err := s.systemctl(ctx, "disable", "--now", unit)
	return err
}

func (s *systemd) forgotten(ctx context.Context) error {
	_, err := s.systemctl(ctx, "daemon-reload")
	return err
}

func (s *systemd) start(ctx context.Context) error {
	now, err := s.state(ctx)
	if err != nil {
		return err
	}
	if now.file != s.path { // of another HOME: what it starts would be somebody else's
		return fmt.Errorf("systemd has not taken up %s: systemctl --user daemon-reload", s.path)
	}
	_, err = s.systemctl(ctx, "start", unit)
	return err
}

func (s *systemd) state(ctx context.Context) (state, error) {
	text, err := s.systemctl(ctx, "show", unit, "--property=FragmentPath,UnitFileState,ActiveState,MainPID")
	if err != nil {
		return state{}, err
	}
	var out state
	for line := range strings.Lines(text) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), "="); name {
		case "FragmentPath":
			out.file = value
		case "UnitFileState":
			out.enabled = value == "enabled"
		case "ActiveState":
			out.running = value == "active" || value == "reloading"
		case "MainPID":
			out.pid, _ = strconv.Atoi(value)
		}
	}
	return out, nil
}
