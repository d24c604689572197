package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// Tries follow each other at once.
func init() { program.Service.Pause = func(context.Context, time.Duration) error { return nil } }

// fakeGitLab is a GitLab of a few paths.
type fakeGitLab struct{ *forgetest.Wire }

func newFake(t testing.TB) *fakeGitLab {
	u := &fakeGitLab{forgetest.NewWire(t, `{"message":"404 Not Found"}`, "/api/v4")}
	return u.on("GET /user", reply(200, `{"id":1,"username":"ann","name":"Ann"}`))
}

// on answers a line such as "GET /user". In what is below the project, {} stands
// for it.
func (u *fakeGitLab) on(line string, h http.HandlerFunc) *fakeGitLab {
	u.Answer(strings.Replace(line, "{}", repo, 1), h)
	return u
}

// sent are the requests of a line, in order.
func (u *fakeGitLab) sent(line string) []forgetest.Sent {
	line = strings.Replace(line, "{}", repo, 1)
	return slices.DeleteFunc(u.Sent(), func(s forgetest.Sent) bool { return s.Line != line })
}

// writes are the lines that were no questions.
func (u *fakeGitLab) writes() (lines []string) {
	for _, s := range u.Changes() {
		lines = append(lines, strings.Replace(s.Line, repo, "{}", 1))
	}
	return lines
}

var reply = forgetest.Reply

const token = "the-token-of-a-test"

func (u *fakeGitLab) connect(t *testing.T, more ...string) *kittest.Client {
	env := map[string]string{"GITLAB_URL": u.URL + "/api/v4/", "GITLAB_TOKEN": token}
	for i := 0; i+1 < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return kittest.Connect(t, forgetest.Server(t, program, env))
}

const repo = "/projects/a%2Fb%2Fc"

// a are arguments for the project of the tests.
func a(pairs ...any) map[string]any { return forgetest.ArgsOf("a/b/c", pairs...) }

// jsonList is a JSON array of objects.
func jsonList(objects ...string) string { return "[" + strings.Join(objects, ",") + "]" }

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
