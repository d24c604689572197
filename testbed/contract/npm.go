package contract

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Versions of GitHub that [GitHub] has descriptions of.
const (
	GitHubCom = "api.github.com"
	GHES317   = "ghes-3.17"
	GHES318   = "ghes-3.18"
	GHES319   = "ghes-3.19"
)

// Env has to be set for descriptions to be read: make contract and make e2e
// install them first.
const Env = "LOOM_CONTRACT"

// folder is testbed/contract, from any package of the testbed.
func folder() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		at := filepath.Join(dir, "testbed", "contract")
		if _, err := os.Stat(filepath.Join(at, "npm", "package.json")); err == nil {
			return at, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("testbed/contract is not above the folder that the tests run in")
		}
	}
}

// installed is a file of a package that npm pins. Without [Env] the test is
// skipped; with it the packages have to be there.
func installed(t testing.TB, path ...string) (file, cache string) {
	t.Helper()
	if os.Getenv(Env) == "" {
		t.Skip("needs the descriptions that GitHub publishes in npm, 390 MB: make contract")
	}
	at, err := folder()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(append([]string{at, "npm", "node_modules", "@octokit"}, path...)...)
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("%v\ntools/npm-ci.sh testbed/contract/npm installs it", err)
	}
	return file, filepath.Join(at, "npm", "node_modules", ".loom-reduced")
}

// GitHubOperations are those of testdata/github.txt.
func GitHubOperations(t testing.TB) Operations {
	t.Helper()
	return operations(t, "github.txt")
}

func operations(t testing.TB, name string) Operations {
	t.Helper()
	at, err := folder()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(at, "testdata", name)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ops, err := ParseOperations(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return ops
}

var descriptions sync.Map // version -> *Description

// GitHub is the official description of a version of GitHub's API, with the
// operations of [GitHubOperations].
func GitHub(t testing.TB, version string) *Description {
	t.Helper()
	if d, ok := descriptions.Load(version); ok {
		return d.(*Description)
	}
	file, cache := installed(t, "openapi", "generated", version+".json")
	d, err := Load(file, cache, GitHubOperations(t))
	if err != nil {
		t.Fatal(err)
	}
	d.Skips = gitHubSkips
	descriptions.Store(version, d)
	return d
}
