package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// TestMain lets no test wait before the next try.
func TestMain(m *testing.M) {
	program.Service.Pause = func(context.Context, time.Duration) error { return nil }
	os.Exit(m.Run())
}

// fakeGitHub is an Enterprise Server of a few paths.
type fakeGitHub struct{ *forgetest.Wire }

func newFake(t testing.TB) *fakeGitHub {
	return &fakeGitHub{forgetest.NewWire(t, `{"message":"Not Found","documentation_url":"x","status":"404"}`, "/api/v3", "/api")}
}

func (u *fakeGitHub) on(line string, h http.HandlerFunc) *fakeGitHub {
	u.Answer(line, h)
	return u
}

var reply = forgetest.Reply

// sha answers a question for the sha of a ref, and others with a commit.
func sha(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("Accept"), ".sha") {
			w.Header().Set("Content-Type", "application/vnd.github.sha; charset=utf-8")
			io.WriteString(w, name)
			return
		}
		fmt.Fprintf(w, `{"sha":%q,"commit":{"message":"m","author":{"name":"Ann","date":"2026-11-01T10:00:00Z"}}}`, name)
	}
}

// graph answers GraphQL by the name of the operation.
func graph(answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for name, answer := range answers {
			if strings.Contains(string(body), " "+name+"(") {
				reply(200, answer)(w, r)
				return
			}
		}
		reply(200, `{"errors":[{"type":"NOT_FOUND","message":"Could not resolve to a node"}],"data":null}`)(w, r)
	}
}

func (u *fakeGitHub) connect(t *testing.T, more ...string) *kittest.Client {
	env := map[string]string{"GITHUB_URL": u.URL + "/api/v3/", "GITHUB_TOKEN": "the-token-of-a-test"}
	for _, s := range more {
		name, value, _ := strings.Cut(s, "=")
		env[name] = value
	}
	return kittest.Connect(t, forgetest.Server(t, program, env))
}

const (
	repo = "/repos/a/b"
	head = "0123456789abcdef0123456789abcdef01234567"
)

func a(pairs ...any) map[string]any { return forgetest.ArgsOf("a/b", pairs...) }

// has checks that a text has all words.
func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("no %q in:\n%.1200s", word, text)
		}
	}
}
