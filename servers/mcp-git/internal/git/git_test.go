package git_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// fake writes a shell script that stands where git would, next to a git that
// answers the version question.
func fake(t *testing.T, body string) *git.Git {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for git is a shell script: run on Linux or macOS")
	}
	dir := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in *' version') echo git version 2.39.5; exit;; esac\n" + body
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	g, err := git.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCommandLineAndEnvironment(t *testing.T) {
	t.Setenv("GIT_EXTERNAL_DIFF", "/bin/false")
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("HOME", "/somewhere")
	g := fake(t, `printf '%s\n' "$@"; echo --; /usr/bin/env`)
	out, err := g.Output(t.Context(), git.Command{GitDir: "/view", Args: []string{"log", "--end-of-options", "abc"}}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	argv, env, _ := strings.Cut(string(out), "\n--\n")
	args := strings.Split(argv, "\n")
	if got := args[len(args)-3:]; !slices.Equal(got, []string{"log", "--end-of-options", "abc"}) {
		t.Errorf("the command line ends with %q", got)
	}
	for i, arg := range args[:len(args)-3] {
		if !strings.HasPrefix(arg, "-") && args[i-1] != "-c" {
			t.Errorf("%q stands before the subcommand", arg)
		}
	}
	for _, name := range []string{"GIT_EXTERNAL_DIFF", "GIT_CONFIG_COUNT", "HOME"} {
		if strings.Contains(env, name+"=") {
			t.Errorf("%s of our own environment reached git:\n%s", name, env)
		}
	}
	for _, want := range []string{"GIT_DIR=/view", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ALLOW_PROTOCOL=\n", "GIT_NO_LAZY_FETCH=1"} {
		if !strings.Contains(env+"\n", want) {
			t.Errorf("the environment lacks %q:\n%s", want, env)
		}
	}
}

func TestFindRefusesAnOldGit(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho git version 2.38.1\n"
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if _, err := git.Find(t.Context()); err == nil || !strings.Contains(err.Error(), "2.39 or newer") {
		t.Errorf("Find = %v, want the version that is needed", err)
	}
}

// A helper in the background holds the pipes and would live for ten minutes.
const stubborn = `/bin/sleep 600 & echo line; wait`

func TestTheWholeGroupDiesWithTheContext(t *testing.T) {
	g := fake(t, stubborn)
	ctx, cancel := context.WithCancel(t.Context())
	start := time.Now()
	err := g.Stream(ctx, git.Command{Args: []string{"log"}}, func(r *git.Reader) error {
		line, _, err := r.Until('\n', 100)
		if string(line) != "line" || err != nil {
			t.Errorf("read %q, %v", line, err)
		}
		cancel()
		_, err = io.Copy(io.Discard, r)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Stream = %v, want context.Canceled", err)
	}
	// WaitDelay would also end it, after two seconds: sooner means that the
	// helper is gone too.
	if took := time.Since(start); took > 1500*time.Millisecond {
		t.Errorf("took %v: the helper kept the pipe open", took)
	}
}

func TestStopReadsNoFurther(t *testing.T) {
	g := fake(t, `while :; do echo again; done`)
	lines := 0
	err := g.Stream(t.Context(), git.Command{Args: []string{"log"}}, func(r *git.Reader) error {
		for ; lines < 3; lines++ {
			if _, _, err := r.Until('\n', 100); err != nil {
				return err
			}
		}
		return git.Stop
	})
	if err != nil || lines != 3 {
		t.Errorf("Stream = %v after %d lines", err, lines)
	}
}

func TestOutputIsBounded(t *testing.T) {
	g := fake(t, `while :; do echo again; done`)
	if _, err := g.Output(t.Context(), git.Command{Args: []string{"log"}}, 1000); !errors.Is(err, git.ErrTooLarge) {
		t.Errorf("Output = %v, want ErrTooLarge", err)
	}
}

func TestFailureCarriesWhatGitSaid(t *testing.T) {
	g := fake(t, `echo "fatal: /view/x is broken" >&2; exit 128`)
	_, err := g.Output(t.Context(), git.Command{GitDir: "/view", Args: []string{"log"}}, 1000)
	var failed *git.Error
	if !errors.As(err, &failed) || failed.Code != 128 || failed.Stderr != "fatal: .git/x is broken" || failed.Subcommand != "log" {
		t.Errorf("Output = %v", err)
	}
}

func TestReaderUntil(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	r := git.NewReader(strings.NewReader("a\n\n" + long + "\nlast"))
	for _, want := range []struct {
		piece  string
		passed int
	}{{"a", 0}, {"", 0}, {"xxxxx", 99_995}, {"last", 0}} {
		piece, passed, err := r.Until('\n', 5)
		if err != nil || string(piece) != want.piece || passed != want.passed {
			t.Errorf("Until = %q, %d, %v, want %q, %d", piece, passed, err, want.piece, want.passed)
		}
	}
	if _, _, err := r.Until('\n', 5); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v, want io.EOF", err)
	}
}
