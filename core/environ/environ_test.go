package environ

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSaveKeepsSecretsOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "environment.json")
	refused, err := Save(file, []string{"PATH=/bin", "GITLAB_TOKEN=x", "LOKI_URL=http://l", "OTHER=y", "LC_ALL=C", "LOOM_METRICS=off", "LOOM_SOCKET=/s", "PASSWORD_STORE_DIR=/p", "GNUPGHOME=/g"}, []string{"GITLAB_TOKEN", "LOKI_URL"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(refused, []string{"GITLAB_TOKEN"}) {
		t.Errorf("refused %v", refused)
	}
	if fi, _ := os.Stat(file); fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", fi.Mode())
	}
	env, err := ForDaemon(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"GNUPGHOME=/g", "LC_ALL=C", "LOKI_URL=http://l", "LOOM_METRICS=off", "PASSWORD_STORE_DIR=/p", "PATH=/bin", "LOOM_ENVIRONMENT=saved"}
	if !slices.Equal(env, want) {
		t.Errorf("got %v, want %v", env, want)
	}
}

func TestForDaemonGuessesAndDropsTheClientsVariables(t *testing.T) {
	t.Setenv("SHELL", "/bin/sh")
	t.Setenv("CLIENTS_OWN", "x")
	env, err := ForDaemon(context.Background(), filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(env, "LOOM_ENVIRONMENT=guessed") || slices.Contains(env, "CLIENTS_OWN=x") {
		t.Errorf("got %v", env)
	}
	if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "PATH=/") }) {
		t.Errorf("no PATH in %v", env)
	}
}

func TestForDaemonNamesABrokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "environment.json")
	os.WriteFile(file, []byte("{"), 0o600)
	if _, err := ForDaemon(context.Background(), file); err == nil || !strings.Contains(err.Error(), "loom env save") {
		t.Errorf("got %v", err)
	}
}

// TestTake: what a service manager gave stays where nothing was saved.
func TestTake(t *testing.T) {
	for name, value := range map[string]string{"LANG": "manager", "LC_ALL": "manager", "NOTIFY_SOCKET": "manager", marker: ""} {
		t.Setenv(name, value)
	}
	file := filepath.Join(t.TempDir(), "environment.json")
	if _, err := Save(file, []string{"LANG=shell"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := Take(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"LANG": "shell", "LC_ALL": "manager", "NOTIFY_SOCKET": "manager"} {
		if got := os.Getenv(name); got != want {
			t.Errorf("%s=%s, want %s", name, got, want)
		}
	}
	if Origin() != Saved {
		t.Errorf("the environment is %s", Origin())
	}
}

func TestLooksSecret(t *testing.T) {
	for name, want := range map[string]bool{"GITLAB_TOKEN": true, "OPENAI_API_KEY": true, "DB_PASSWORD": true, "GITHUB_PAT": true, "PATH": false, "LOKI_URL": false, "KEYBOARD": false} {
		if got := LooksSecret(name); got != want {
			t.Errorf("LooksSecret(%s) = %v", name, got)
		}
	}
}
