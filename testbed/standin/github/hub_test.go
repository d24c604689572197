package github

import (
	"net/http/httptest"
	"slices"
	"testing"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/testbed/contract"
)

// bench is a Hub behind a checker, and GitHub's own kind of client for two people.
type bench struct {
	*Hub
	World
	check *contract.Checker
	url   string
	me    *gh.Client
	other *gh.Client
}

func newBench(t *testing.T, version string) *bench {
	t.Helper()
	d := contract.GitHub(t, version)
	h := New(t, d)
	check := contract.NewChecker(t, d, h)
	check.GraphQL = contract.GitHubSchema(t)
	server := httptest.NewServer(check)
	t.Cleanup(server.Close)
	client := func(login string) *gh.Client {
		base := server.URL + d.Prefix + "/"
		c, err := gh.NewClient(gh.WithAuthToken(h.Account(login)), gh.WithURLs(&base, &base))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return &bench{Hub: h, World: World{h, "ann"}, check: check, url: server.URL, me: client("ann"), other: client("bob")}
}

func must[T any](t *testing.T) func(out T, _ *gh.Response, err error) T {
	return func(out T, _ *gh.Response, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// TestTable: what it answers is what the list of operations has.
func TestTable(t *testing.T) {
	h := New(t, contract.GitHub(t, contract.GitHubCom))
	ops := h.Operations()
	slices.Sort(ops)
	if listed := contract.GitHubOperations(t); !slices.Equal(ops, listed) {
		for _, op := range ops {
			if !slices.Contains(listed, op) {
				t.Errorf("%s is answered, and is not in testbed/contract/testdata/github.txt", op)
			}
		}
		for _, op := range listed {
			if !slices.Contains(ops, op) {
				t.Errorf("%s is in testbed/contract/testdata/github.txt, and is not answered", op)
			}
		}
	}
	for _, version := range []string{contract.GHES317, contract.GHES318, contract.GHES319} {
		if d := contract.GitHub(t, version); len(d.Missing) > 0 {
			t.Errorf("%s lacks %v", version, d.Missing)
		}
	}
}
