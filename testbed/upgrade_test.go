package testbed_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/keyring/keyringtest"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/testbed"
)

// TestUpgrade: after an upgrade the first new proxy makes the old loomd go over
// to the new one, in the same process. The call in flight is finished, and no
// session notices more than that the lists may have changed.
func TestUpgrade(t *testing.T) {
	if testing.Short() {
		t.Skip("builds loom and loomd in two versions: run without -short")
	}
	t.Parallel()
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	for version, to := range map[string]string{"v1.0.0": bin, "v1.1.0": filepath.Join(dir, "new")} {
		loom, loomd := testbed.Loom, testbed.Loomd
		loom.Version, loomd.Version = version, version
		if err := testbed.Build(t.Context(), func(line string) { t.Log(line) }, to, loom, loomd); err != nil {
			t.Fatal(err)
		}
	}
	install := func(name string) {
		t.Helper()
		if err := os.Rename(filepath.Join(dir, "new", name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	opts := options(t)
	opts.Loom, opts.Loomd = filepath.Join(bin, "loom"), filepath.Join(bin, "loomd")
	ring, credential := lockedKeyring(t, &opts, bin)
	w := testbed.New(t, opts)
	w.Registry("secrets: {backend: file}" + fake + "  keeper: {command: @fake, share: global, env: {TOKEN: \"${secret:token}\"}}\n")
	setSecret(t, w, ring, "token", "of the encrypted file")

	old := w.Connect(testbed.ClientOptions{})
	child := number(t, old.MustCall("fake__pid", "{}"))
	before := w.Status()
	if got := old.MustCall("keeper__env", `{"name":"TOKEN"}`); got != "of the encrypted file true" {
		t.Errorf("before the upgrade the secret is %q", got)
	}
	if err := os.Remove(credential); err != nil { // what the next image knows it knows from this one
		t.Fatal(err)
	}
	if before.Version != "v1.0.0" || before.Newer != "" {
		t.Fatalf("loomd is %s, newer is %q", before.Version, before.Newer)
	}

	// A new loom alone changes nothing, and status says what to do.
	install("loom")
	w.Connect(testbed.ClientOptions{}).Close()
	first := w.Connect(testbed.ClientOptions{})
	if now := w.Status(); now.Version != "v1.0.0" || now.Newer != "v1.1.0" {
		t.Errorf("loomd is %s, newer is %q", now.Version, now.Newer)
	}

	old.Ask("tools/list", "")
	old.Forget(mcp.ToolsListChanged)
	slow := old.Begin("fake__sleep", `{"ms":1000,"who":"slow"}`)
	inFlight(t, w, 1)
	install("loomd")
	second := w.Connect(testbed.ClientOptions{})
	second.MustCall("fake__echo", `{"who":"meanwhile"}`) // still served by the old one
	if got := old.Answer(slow); got.Text() != "slept" {
		t.Errorf("the call that was under way gave %s", got)
	}
	testbed.Eventually(t, "loomd is the new one", func() bool { return w.Version() == "v1.1.0" })
	after := w.Status()
	if after.PID != before.PID {
		t.Errorf("loomd is process %d, was %d", after.PID, before.PID)
	}
	w.Gone(child)
	old.Notification(mcp.ToolsListChanged)
	for _, c := range []*testbed.Client{old, first, second} {
		c.MustCall("fake__echo", `{"who":"after"}`)
	}
	if got := old.MustCall("keeper__env", `{"name":"TOKEN"}`); got != "of the encrypted file true" {
		t.Errorf("after the upgrade the secret is %q", got)
	}
	if got := w.Status(); len(got.Sessions) != 3 || got.Newer != "" {
		t.Errorf("%d sessions, newer is %q", len(got.Sessions), got.Newer)
	}
	once(t, w, "slow", "meanwhile")
	w.MustLoom("stop")
	w.Gone(after.PID)
}

const filePassphrase = "open sesame"

// lockedKeyring puts a loom-keyring into bin whose encrypted file opens with a
// credential of the service manager.
func lockedKeyring(t *testing.T, opts *testbed.Options, bin string) (fake *keyringtest.Fake, credential string) {
	t.Helper()
	program, err := exec.LookPath("loom-keyring")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fake = keyringtest.New(t, keyring.File)
	fake.Change(func(w *keyringtest.World) { w.Passphrase = filePassphrase })
	name, value, _ := strings.Cut(fake.Options().Env[0], "=")
	opts.Daemon = map[string]string{name: value, "CREDENTIALS_DIRECTORY": dir}
	credential = filepath.Join(dir, "loom-passphrase")
	if err := errors.Join(os.Symlink(program, filepath.Join(bin, "loom-keyring")), os.WriteFile(credential, []byte(filePassphrase+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return fake, credential
}

// setSecret puts a secret into the encrypted file, as loom secret set does.
func setSecret(t *testing.T, w *testbed.World, ring *keyringtest.Fake, name, value string) {
	t.Helper()
	program, err := exec.LookPath("loom-keyring")
	if err != nil {
		t.Fatal(err)
	}
	o := keyring.Options{Program: program, Env: ring.Options().Env, State: w.Dirs.State, Backend: keyring.File, Passphrase: keyringtest.Passphrase(filePassphrase)}
	if _, err := keyring.New(o).Set(t.Context(), name, secret.NewValue(value)); err != nil {
		t.Fatal(err)
	}
}
