// Package environ decides which variables reach loomd and its servers.
//
// A client's environment is not the user's: Codex passes twelve variables,
// Gemini strips those that look like tokens. So loomd is started with an
// environment that was saved from the user's shell, and a server gets what its
// registry entry says plus a short list of names that programs need to run.
package environ

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// passed are the names that every server gets, beside LC_* and XDG_*.
var passed = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR",
	"DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "DISPLAY", "WAYLAND_DISPLAY",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
	"http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
}

// Passed reports whether a server gets the variable without asking for it.
func Passed(name string) bool {
	return slices.Contains(passed, name) || strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "XDG_")
}

// settings are what loomd itself reads, or loom-keyring: where pass and gpg have
// their files. They are saved with the rest, and no server gets them.
var settings = []string{"LOOM_METRICS", "LOOM_LOG_LEVEL", "PASSWORD_STORE_DIR", "GNUPGHOME"}

// Pass returns the entries of env ("NAME=value") whose names are [Passed].
func Pass(env []string) []string {
	var out []string
	for _, kv := range env {
		if name, _, ok := strings.Cut(kv, "="); ok && Passed(name) {
			out = append(out, kv)
		}
	}
	return out
}

var secretName = regexp.MustCompile(`(?i)(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|_KEY$|_PAT$|^PAT$)`)

// LooksSecret reports whether a variable of that name likely holds a secret.
// The saved environment is a plain file, so such a one is not saved.
func LooksSecret(name string) bool { return secretName.MatchString(name) }

// marker says to loomd where its environment came from; see [Origin].
const marker = "LOOM_ENVIRONMENT"

// Where the environment of a loomd comes from.
const (
	Saved     = "saved"     // written by loom start
	Guessed   = "guessed"   // PATH from the login shell: nothing was saved yet
	Inherited = "inherited" // loomd was started by hand, or by a service manager
)

// Origin tells a loomd where its environment comes from.
func Origin() string {
	if o := os.Getenv(marker); o == Saved || o == Guessed {
		return o
	}
	return Inherited
}

// Choose returns what [Save] would save of env: the [Passed] variables, loomd's
// own settings and those in extra. Names in extra that look like secrets are
// refused.
func Choose(env, extra []string) (vars map[string]string, refused []string) {
	vars = map[string]string{}
	for _, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		own := Passed(name) || slices.Contains(settings, name)
		if !ok || !own && !slices.Contains(extra, name) {
			continue
		}
		if !own && LooksSecret(name) {
			refused = append(refused, name)
			continue
		}
		vars[name] = value
	}
	slices.Sort(refused)
	return vars, refused
}

// Save writes what it chooses of env (see [Choose]) to file, with mode 0600. It
// returns the names that look like secrets and were left out.
func Save(file string, env, extra []string) (refused []string, err error) {
	vars, refused := Choose(env, extra)
	raw, err := json.MarshalIndent(vars, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the environment: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("saving the environment: %w", err)
	}
	tmp := file + ".new"
	if err := os.WriteFile(tmp, append(raw, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("saving the environment: %w", err)
	}
	if err := os.Rename(tmp, file); err != nil {
		return nil, fmt.Errorf("saving the environment: %w", err)
	}
	return refused, nil
}

// Read returns what was saved to file. It is [fs.ErrNotExist] if nothing was.
func Read(file string) (map[string]string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the saved environment: %w", err)
	}
	vars := map[string]string{}
	if err := json.Unmarshal(raw, &vars); err != nil {
		return nil, fmt.Errorf("reading the saved environment %s: %w (loom env save writes it anew)", file, err)
	}
	return vars, nil
}

// Take puts what was saved to file, or else a guess, into this process's own
// environment. It is for a loomd that a service manager starts, with an
// environment that is nobody's shell; what was not saved stays.
func Take(ctx context.Context, file string) error {
	env, err := ForDaemon(ctx, file)
	if err != nil {
		return err
	}
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("setting %s of the saved environment: %w", name, err)
		}
	}
	return nil
}

// ForDaemon returns the environment to start loomd with: the one that was
// saved to file, or, with nothing saved, a guess.
func ForDaemon(ctx context.Context, file string) ([]string, error) {
	vars, err := Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return append(guess(ctx), marker+"="+Guessed), nil
	}
	if err != nil {
		return nil, err
	}
	env := make([]string, 0, len(vars)+1)
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return append(env, marker+"="+Saved), nil
}

// guess makes do with what a client left us: its own variables that are on the
// list, PATH from the login shell, the bus from the runtime folder.
func guess(ctx context.Context) []string {
	env := Pass(os.Environ())
	if path := loginPath(ctx); path != "" {
		env = slices.DeleteFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "PATH=") })
		env = append(env, "PATH="+path)
	}
	if run := fmt.Sprintf("/run/user/%d", os.Getuid()); runtime.GOOS == "linux" && os.Getenv("XDG_RUNTIME_DIR") == "" {
		if fi, err := os.Stat(run); err == nil && fi.IsDir() {
			env = append(env, "XDG_RUNTIME_DIR="+run)
			if _, err := os.Stat(run + "/bus"); err == nil && os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
				env = append(env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+run+"/bus")
			}
		}
	}
	return env
}

// loginShellLimit bounds a shell whose start-up files wait for something.
const loginShellLimit = 2 * time.Second

func loginPath(ctx context.Context) string {
	shell := os.Getenv("SHELL")
	if !filepath.IsAbs(shell) {
		shell = "/bin/sh"
	}
	ctx, cancel := context.WithTimeout(ctx, loginShellLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, "-lc", `printf '\n%s' "$PATH"`)
	cmd.WaitDelay = 100 * time.Millisecond // a start-up file may leave a child with our pipe
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out[strings.LastIndexByte(string(out), '\n')+1:]))
}
