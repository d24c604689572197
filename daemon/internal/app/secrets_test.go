package app

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/keyring/keyringtest"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
)

const withSecrets = `
version: 1
servers:
  with: {command: FAKE, share: global, env: {TOKEN: "${secret:tok}", MAYBE: "${secret:maybe?}"}}
  without: {command: FAKE, share: global}
`

// bed is a daemon with a keyring beside it.
type bed struct {
	*App
	t       *testing.T
	opts    Options
	fake    *keyringtest.Fake
	control *loomrpc.Client
	session *loomrpc.Client
}

func newBed(t *testing.T, backend keyring.Backend, registry string, prepare func(*bed)) *bed {
	t.Helper()
	b := &bed{t: t, opts: options(t, registry), fake: keyringtest.New(t, backend)}
	for _, kv := range b.fake.Options().Env {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, filepath.Join(b.opts.Beside, keyringProgram)); err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(b)
	}
	b.App = runWith(t, b.opts)
	if b.control, err = connect(t, b.opts, loomrpc.Hello{Version: "v1", Control: true}); err != nil {
		t.Fatal(err)
	}
	if b.session, err = connect(t, b.opts, loomrpc.Hello{Version: "v1", Protocol: loomrpc.Protocol}); err != nil {
		t.Fatal(err)
	}
	return b
}

// set puts a secret into the keyring, as loom secret set does.
func (b *bed) set(name, value string) {
	b.t.Helper()
	o := b.fake.Options()
	o.State, o.Passphrase = b.opts.Dirs.State, keyringtest.Passphrase("open sesame")
	if b.fake.World().Passphrase != "" {
		o.Backend = keyring.File
	}
	if _, err := keyring.New(o).Set(b.t.Context(), name, secret.NewValue(value)); err != nil {
		b.t.Fatal(err)
	}
}

// try calls a tool of a server.
func (b *bed) try(server, tool, args string) (string, error) {
	params, _ := json.Marshal(loomrpc.Call{Tool: server + "__" + tool, Params: json.RawMessage(`{"name":"` + tool + `","arguments":` + args + `}`)})
	raw, err := b.session.Raw(context.Background(), loomrpc.MethodCall, params)
	var result struct{ Content []struct{ Text string } }
	if err == nil {
		err = json.Unmarshal(raw, &result)
	}
	if err != nil || len(result.Content) == 0 {
		return "", err
	}
	return result.Content[0].Text, nil
}

func (b *bed) call(server, tool, args string) string {
	b.t.Helper()
	text, err := b.try(server, tool, args)
	if err != nil {
		b.t.Fatalf("%s of %s: %v", tool, server, err)
	}
	return text
}

func TestSecretsChanged(t *testing.T) {
	b := newBed(t, keyring.SecretService, withSecrets, func(b *bed) { b.set("tok", "the first value") })
	if got := b.call("with", "env", `{"name":"TOKEN"}`); got != "the first value true" {
		t.Errorf("the server has %q", got)
	}
	if got := b.call("with", "env", `{"name":"MAYBE"}`); got != " false" {
		t.Errorf("an optional secret that is not there: %q", got)
	}
	if s := b.status().Keyring; s != (loomrpc.KeyringStatus{Backend: "secret-service"}) {
		t.Errorf("the status is %+v", s)
	}
	first, without := b.call("with", "pid", "{}"), b.call("without", "pid", "{}")
	slow := make(chan string, 1)
	arguments, release := held(t)
	other, err := connect(t, b.opts, loomrpc.Hello{Version: "v1", Protocol: loomrpc.Protocol}) // a Client has one call at a time
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		beside := *b
		beside.session = other
		slow <- beside.call("with", "hang", arguments)
	}()
	eventually(t, "the call is in flight", func() bool { return b.inFlight("with") > 0 })
	b.set("tok", "the second value")
	changed := func(names ...string) []string {
		t.Helper()
		return ask[loomrpc.SecretsChangedReply](t, b.control, loomrpc.MethodSecretsChanged, loomrpc.SecretsChanged{Names: names}).Restarted
	}
	if got := changed("another"); len(got) != 0 {
		t.Errorf("restarted for a secret of nobody: %v", got)
	}
	if got := changed("another", "tok"); len(got) != 1 || got[0] != "with" {
		t.Errorf("restarted: %v", got)
	}
	if got := b.call("with", "env", `{"name":"TOKEN"}`); got != "the second value true" { // while the old one drains
		t.Errorf("the server has %q", got)
	}
	release()
	if got := <-slow; got != "hung" {
		t.Errorf("the call in flight gave %q", got)
	}
	if b.call("with", "pid", "{}") == first || b.call("without", "pid", "{}") != without {
		t.Error("not the one server that uses it was restarted")
	}
}

func (b *bed) inFlight(server string) (n int) {
	for _, i := range b.pool.Instances(server) {
		n += i.InFlight
	}
	return n
}

func TestMissingAndLocked(t *testing.T) {
	b := newBed(t, keyring.SecretService, withSecrets, nil)
	refused := func(want ...string) *jsonrpc.Error {
		t.Helper()
		_, err := b.try("with", "pid", "{}")
		var e *jsonrpc.Error
		if !errors.As(err, &e) || e.Code != loomrpc.CodeMissingInput {
			t.Fatalf("got %v", err)
		}
		for _, text := range want {
			if strings.Count(e.Message, text) != 1 {
				t.Errorf("not once %q in %q", text, e.Message)
			}
		}
		return e
	}
	refused("secret tok is not set: run loom secret set tok")
	b.set("tok", "now it is there")
	changed := loomrpc.SecretsChanged{Names: []string{"tok"}}
	b.fake.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Locked })
	ask[loomrpc.SecretsChangedReply](t, b.control, loomrpc.MethodSecretsChanged, changed)
	if e := refused("it is locked", "hint: unlock the desktop's keyring"); !strings.Contains(string(e.Data), `"retryable":true`) {
		t.Errorf("the data is %s", e.Data)
	}
	if s := b.status().Keyring; !s.Locked {
		t.Errorf("the status is %+v", s)
	}
	// One that does not answer holds up nobody who needs nothing of it.
	b.fake.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Hangs })
	ask[loomrpc.SecretsChangedReply](t, b.control, loomrpc.MethodSecretsChanged, changed)
	go b.try("with", "pid", "{}")
	b.call("without", "pid", "{}")
	b.fake.Change(func(w *keyringtest.World) { w.States[keyring.SecretService] = keyringtest.Works })
}

func TestUnlock(t *testing.T) {
	b := newBed(t, keyring.File, "secrets: {backend: file}"+withSecrets, func(b *bed) {
		b.fake.Change(func(w *keyringtest.World) { w.Passphrase = "open sesame" })
		b.set("tok", "of the encrypted file")
	})
	if s := b.status().Keyring; !s.Locked || s.Backend != "file" {
		t.Errorf("the status is %+v", s)
	}
	if _, err := b.try("with", "pid", "{}"); err == nil || !strings.Contains(err.Error(), "loom unlock") {
		t.Errorf("while it is locked: %v", err)
	}
	for passphrase, want := range map[string]string{"wrong sesame": "passphrase is wrong", "": "no passphrase"} {
		err := b.control.Call(t.Context(), loomrpc.MethodUnlock, loomrpc.Unlock{Passphrase: passphrase}, nil)
		if err == nil || !strings.Contains(err.Error(), want) || passphrase != "" && strings.Contains(err.Error(), passphrase) {
			t.Errorf("unlocking with %q: %v", passphrase, err)
		}
	}
	if err := b.control.Call(t.Context(), loomrpc.MethodUnlock, loomrpc.Unlock{Passphrase: "open sesame"}, nil); err != nil {
		t.Fatal(err)
	}
	ask[loomrpc.LearnReply](t, b.control, loomrpc.MethodLearn, nil) // it was begun, and is waited for
	if got := b.call("with", "env", `{"name":"TOKEN"}`); got != "of the encrypted file true" {
		t.Errorf("the server has %q", got)
	}
	if s := b.status().Keyring; s.Locked || s.Error != "" {
		t.Errorf("the status is %+v", s)
	}
}

func TestSecretFile(t *testing.T) {
	const registry = `
version: 1
servers:
  one: {command: FAKE, share: global, env: {CA: "${secretfile:ca}"}}
  two: {command: FAKE, share: global, env: {CA: "${secretfile:ca}"}}
`
	var left string
	b := newBed(t, keyring.SecretService, registry, func(b *bed) {
		t.Setenv("XDG_RUNTIME_DIR", "")
		left = filepath.Join(b.opts.Dirs.State, "run", "secrets", "left", "ca")
		if err := os.MkdirAll(filepath.Dir(left), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left, []byte("of a killed loomd"), 0o600); err != nil {
			t.Fatal(err)
		}
		b.set("ca", "a certificate\n")
	})
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a killed loomd left: %v", err)
	}
	path := func(server string) string {
		t.Helper()
		path, _, _ := strings.Cut(b.call(server, "env", `{"name":"CA"}`), " ")
		raw, err := os.ReadFile(path)
		if fi, _ := os.Stat(path); err != nil || string(raw) != "a certificate\n" || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s reads %q, %v", server, raw, err)
		}
		return path
	}
	one, two := path("one"), path("two")
	if one == two || !strings.HasPrefix(one, b.opts.Dirs.State) {
		t.Errorf("the files are %s and %s", one, two)
	}
	ask[loomrpc.RestartReply](t, b.control, loomrpc.MethodRestart, loomrpc.RestartQuery{Server: "one"})
	eventually(t, "the file goes with its server", func() bool {
		_, err := os.Stat(filepath.Dir(one))
		return errors.Is(err, fs.ErrNotExist)
	})
	path("one")
	path("two")
}

// What a server says of its secret at its end is in no error, log or status.
func TestLastWordsAreMasked(t *testing.T) {
	b := newBed(t, keyring.SecretService, `
version: 1
servers:
  loud: {command: sh, args: [-c, "echo bad token $TOKEN >&2; exit 3"], share: global, env: {TOKEN: "${secret:tok}"}}
`, func(b *bed) { b.set("tok", "the-loud-value") })
	_, err := b.try("loud", "any", "{}")
	var e *jsonrpc.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	failed := ask[loomrpc.LearnReply](t, b.control, loomrpc.MethodLearn, nil)
	logs := ask[loomrpc.LogsReply](t, b.control, loomrpc.MethodLogs, loomrpc.LogsQuery{Server: "loud"})
	tools := ask[loomrpc.ToolsReply](t, b.control, loomrpc.MethodTools, loomrpc.ToolsQuery{})
	for what, v := range map[string]any{"the error": e, "learning": failed, "the log": logs, "the tools": tools, "the status": b.status()} {
		raw, err := json.Marshal(v)
		if err != nil || strings.Contains(string(raw), "the-loud-value") || !strings.Contains(string(raw), "[redacted]") {
			t.Errorf("%s: %s, %v", what, raw, err)
		}
	}
}
