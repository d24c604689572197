package pool

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/registry"
)

// ofProject is the fake server as an entry of the project in dir.
func ofProject(t testing.TB, dir string, change func(*registry.Server)) registry.Server {
	t.Helper()
	s := fake(t, change)
	s.Project, s.Share = dir, registry.ShareWorkspace
	return s
}

func TestProjectsShareNothing(t *testing.T) {
	p, _ := newPool(t)
	a, b := ofProject(t, t.TempDir(), nil), ofProject(t, t.TempDir(), nil)
	own := fake(t, nil)
	pids := map[string]bool{}
	for _, s := range []registry.Server{a, b, own} {
		i := p.Instance(s, Sharing{Key: "same", Dir: s.Project})
		pids[text(t, i, "pid", "{}")] = true
		if i.Name() != "fake" {
			t.Errorf("clients know it as %s", i.Name())
		}
		if n := len(p.Instances(s.ID())); n != 1 {
			t.Errorf("%s has %d instances", s.ID(), n)
		}
		if err := i.Learn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok := p.opts.Catalog.Get(s.ID()); !ok {
			t.Errorf("no definitions of %s", s.ID())
		}
	}
	if len(pids) != 3 {
		t.Errorf("%d processes for three servers of one name", len(pids))
	}
	if got := text(t, p.Instance(a, Sharing{Key: "learnt"}), "cwd", "{}"); got != a.Project {
		t.Errorf("a project's server runs in %s", got)
	}

	broken := a
	broken.Args = []string{"-fail=of the first alone"}
	_, out := send(p.Instance(broken, Sharing{}), "pid", "{}")
	if res := <-out; res.err == nil || p.LastError(a.ID()) == nil {
		t.Errorf("the failure is not kept: %v", res)
	}
	for _, other := range []registry.Server{b, own} {
		if err := p.LastError(other.ID()); err != nil {
			t.Errorf("%s has the failure of another: %v", other.ID(), err)
		}
	}
	if got := lines(p, a.ID()); !strings.Contains(got, "of the first alone") {
		t.Errorf("its log: %s", got)
	}
	if got := lines(p, b.ID()) + lines(p, own.ID()); strings.Contains(got, "of the first alone") {
		t.Error("another has its log")
	}
}

func lines(p *Pool, server string) string {
	var b strings.Builder
	all, _ := p.Logs(server).Since(0, time.Time{})
	for _, l := range all {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

// What a project was not granted it cannot have in any way that a server gets
// something: a start fails that needs it, and says what to do.
func TestWhatIsNotGrantedIsWithheld(t *testing.T) {
	t.Setenv("USERS_OWN", "canary-variable")
	t.Setenv("LOOM_SECRET_TOKEN", "canary-secret")
	p, c := newPool(t)
	dir := t.TempDir()
	env := func(value string) func(*registry.Server) {
		return func(s *registry.Server) { s.Env = []registry.EnvVar{{Name: "STOLEN", Value: value}} }
	}
	for name, change := range map[string]func(*registry.Server){
		"a secret":             env("${secret:token}"),
		"a secret beside text": env("x${secret:token}y"),
		"a variable":           env("${env:USERS_OWN}"),
		"a secret as a variable": func(s *registry.Server) {
			env("${env:LOOM_SECRET_TOKEN}")(s)
			s.Granted.Env = []string{"LOOM_SECRET_TOKEN"}
		},
		"another name in the grant": func(s *registry.Server) {
			env("${secret:token}")(s)
			s.Granted = registry.Granted{Secrets: []string{"TOKEN", "tokens"}, Env: []string{"token"}}
		},
		"an argument": func(s *registry.Server) { s.Args = []string{"--journal", "${env:USERS_OWN}"} },
		"the command": func(s *registry.Server) { s.Command = "/bin/${env:USERS_OWN}" },
		"the folder":  func(s *registry.Server) { s.Dir = "/tmp/${env:USERS_OWN}" },
		"a header": func(s *registry.Server) {
			s.Command, s.URL = "", "https://127.0.0.1:1/"
			s.Headers = []registry.EnvVar{{Name: "X-Stolen", Value: "${secret:token}"}}
		},
		"the address": func(s *registry.Server) { s.Command, s.URL = "", "https://127.0.0.1:1/${env:USERS_OWN}" },
	} {
		t.Run(name, func(t *testing.T) {
			s := ofProject(t, dir, change)
			_, out := send(p.Instance(s, Sharing{}), "env", `{"name":"STOLEN"}`)
			res := <-out
			var config *ConfigError
			var not *WithheldError
			if !errors.As(res.err, &config) || !errors.As(res.err, &not) || config.Hint != "loom trust "+dir {
				t.Fatalf("got %q, %v", res.text, res.err)
			}
			if strings.Contains(res.err.Error(), "canary") {
				t.Errorf("the error has the value: %v", res.err)
			}
			if key, err := p.Key(t.Context(), s); err == nil {
				t.Errorf("its definitions have the key %s", key)
			}
		})
	}
	if c.started() != 0 {
		t.Errorf("%d processes were started", c.started())
	}
}

// Without a grant a value is as if it was not there, so what can do without it
// does; with one it is there.
func TestWhatIsGranted(t *testing.T) {
	t.Setenv("USERS_OWN", "value")
	p, _ := newPool(t)
	dir := t.TempDir()
	without := ofProject(t, dir, func(s *registry.Server) {
		s.Env = []registry.EnvVar{{Name: "A", Value: "${secret:token?}"}, {Name: "B", Value: "${env:USERS_OWN:-default}"}}
	})
	with := without
	with.Granted = registry.Granted{Secrets: []string{"token"}, Env: []string{"USERS_OWN", "SHELLS"}}
	shell := []string{"SHELLS=x", "OTHER=y", "LOOM_SECRET_X=z"}
	for _, tc := range []struct {
		server registry.Server
		want   map[string]string
	}{
		{without, map[string]string{"A": " false", "B": "default true", "SHELLS": " false", "OTHER": " false"}},
		{with, map[string]string{"A": "s3cr3t-value true", "B": "value true", "SHELLS": "x true", "OTHER": " false", "LOOM_SECRET_X": " false"}},
	} {
		i := p.Instance(tc.server, Sharing{Env: shell})
		for name, want := range tc.want {
			if got := text(t, i, "env", `{"name":"`+name+`"}`); got != want {
				t.Errorf("granted %v: %s is %q, want %q", tc.server.Granted, name, got, want)
			}
		}
	}
	if os.Getenv("USERS_OWN") != "value" {
		t.Fatal("the variable is not there")
	}
}

// What nobody trusts any more ends at once, also what was left to finish its calls.
func TestRevoke(t *testing.T) {
	p, c := newPool(t)
	dir := t.TempDir()
	s := ofProject(t, dir, func(s *registry.Server) { s.Drain = time.Hour })
	other := ofProject(t, t.TempDir(), nil)
	i, j := p.Instance(s, Sharing{}), p.Instance(other, Sharing{})
	text(t, i, "pid", "{}")
	text(t, j, "pid", "{}")
	_, slow := send(i, "sleep", `{"ms":60000}`)
	p.Keep(&registry.Registry{Servers: []registry.Server{other}}) // it changed: it may finish
	p.Revoke(dir)
	if res := <-slow; res.err == nil {
		t.Error("the call was answered")
	}
	<-c.exited
	if n := len(p.Instances(other.ID())); n != 1 {
		t.Errorf("the other project has %d instances", n)
	}

	again := p.Instance(s, Sharing{})
	_, slow = send(again, "sleep", `{"ms":60000}`)
	text(t, again, "pid", "{}")
	p.Revoke(dir)
	if res := <-slow; res.err == nil {
		t.Error("the call was answered")
	}
	<-c.exited
}
