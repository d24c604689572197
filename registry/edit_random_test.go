package registry

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// handwritten are files as people keep them: each comment is there once, and says
// whose it is.
var handwritten = []string{
	`# mine, since 2026
version: 1

defaults:
  timeout: 60s # long enough

# ---- what I run ----
servers:
  # each as it came

  # of git
  git: {from: shipped}

  # of time
  time: # says what time it is
    command: uvx
    args: [mcp-server-time, "--local, please"] # with a comma
    # in the middle of time
    tools:
      "*delete*": {enabled: false} # never

  db:
    command: /usr/bin/db
    description: |
      # not a comment
      text
    targets:
      # in db for codex
      codex: {enabled: false} # db not there
      zed:
        env: {A: b}
# ---- who may what ----
profiles:
  work:
    servers: ["*"] # all of it
    deny:
      - db__drop # of course
  home: {servers: [git, time]}
clients:
  # at work
  codex: work # codex
  zed: # zed
    # what zed must not do
    deny: # what for
    - git__drop # never, either
    # so far
# the end
`,
	"# crlf\r\nversion: 1\r\nservers:\r\n  time: {command: uvx, args: [x]} # flow\r\n  # of db\r\n  db:\r\n    command: db\r\nprofiles:\r\n  work: {servers: [\"*\"]}\r\n  home:\r\n    servers:\r\n    - time # first\r\n    - db\r\nclients: {zed: home} # who\r\n",
}

// After fifty edits that nobody planned, the file is a valid registry which means
// what was asked, and every comment is there that is not of an entry which was
// removed, in the order in which they were written.
func TestFiftyEdits(t *testing.T) {
	for i, text := range handwritten {
		for seed := range uint64(6) {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			data, refused := []byte(text), 0
			for step := range 50 {
				after, what, err := randomEdit(random, data)
				if err != nil {
					refused++
					continue
				}
				if _, err := Parse(editPath, after); err != nil {
					t.Fatalf("file %d, seed %d, step %d: after %s: %v\n%s", i, seed, step, what, err, after)
				}
				kept := comments(data)
				if name, ok := strings.CutPrefix(what, "remove "); ok {
					kept = slices.DeleteFunc(kept, func(c string) bool {
						return strings.Contains(c, "of "+name) || !slices.Contains(comments(after), c) && within(data, name, c)
					})
				}
				if now := comments(after); !slices.Equal(now, kept) && !strings.HasPrefix(what, "prune ") {
					t.Fatalf("file %d, seed %d, step %d: after %s the comments are %q, want %q\n%s", i, seed, step, what, now, kept, after)
				}
				data = after
			}
			if refused > 25 {
				t.Errorf("file %d, seed %d: %d of 50 edits were refused:\n%s", i, seed, refused, data)
			}
		}
	}
}

func randomEdit(random *rand.Rand, data []byte) (after []byte, what string, err error) {
	reg, err := Parse(editPath, data)
	if err != nil {
		return nil, "", err
	}
	name := ServerName([]string{"git", "time", "db", "prometheus"}[random.IntN(4)])
	profile := []string{"work", "home"}[random.IntN(2)]
	tool := []string{"t", "drop", "u_delete"}[random.IntN(3)]
	on := random.IntN(2) == 0
	client := []string{"codex", "zed", "new"}[random.IntN(3)]
	action := random.IntN(18)
	targets := []NewTarget{{Client: "zed", Enabled: &on}, {Client: "codex", NoEnv: []string{"T"}}}
	was, there := reg.Server(name)
	defer func() {
		if err == nil && !strings.Contains("add remove target", strings.Fields(what)[0]) {
			mustKeepTargets(reg, was, after)
		}
	}()
	switch {
	case action > 13 && there:
		return randomClientEdit(random, data, client, name, tool, on)
	case action > 11 && !there:
		after, _, err = Add(data, name, New{Command: "x", Args: []string{"a: b"}, Env: []EnvVar{{"T", "${secret:t}"}}, Targets: targets})
		return after, "add", err
	case action > 11, !there && action > 1:
		return data, "nothing", nil
	}
	switch action {
	case 0, 1:
		after, _, err = Enable(data, name)
		return after, "enable", err
	case 2, 3:
		after, _, err = Disable(data, name)
		return after, "disable", err
	case 4, 5, 6:
		after, _, err = SetTool(data, name, tool, on)
		if err == nil {
			err = wrong(after, func(s Server, _ Profile) bool { return s.ToolEnabled(tool) == on }, name, profile)
		}
		return after, fmt.Sprint("tool ", on), err
	case 7, 8:
		after, _, err = SetInProfile(editPath, data, profile, Server{Name: name}, "", on)
		return after, fmt.Sprint("profile ", on), err
	case 9, 10:
		after, _, err = SetInProfile(editPath, data, profile, Server{Name: name}, tool, on)
		return after, fmt.Sprint("profile tool ", on), err
	}
	if len(reg.Servers) < 2 {
		return data, "nothing", nil
	}
	after, _, err = Remove(editPath, data, name, false)
	return after, "remove " + string(name), err
}

// mustKeepTargets: no edit of anything else takes away what clients have in place of a
// server.
func mustKeepTargets(before *Registry, was Server, after []byte) {
	reg, err := Parse(editPath, after)
	if err != nil {
		return // reported by who asked
	}
	if s, _ := reg.Server(was.Name); !slices.Equal(s.Except, was.Except) || !reflect.DeepEqual(placelessTargets(before.targets), placelessTargets(reg.targets)) {
		panic(fmt.Sprintf("targets are not what they were:\n%s", after))
	}
}

func wrong(data []byte, right func(Server, Profile) bool, name ServerName, profile string) error {
	reg, err := Parse(editPath, data)
	if err != nil {
		return err
	}
	s, _ := reg.Server(name)
	if !right(s, reg.Profiles[profile]) {
		panic(fmt.Sprintf("%s is not what was asked:\n%s", name, data))
	}
	return nil
}

func TestRemoveSaysWhoNamesIt(t *testing.T) {
	_, _, err := Remove(editPath, []byte(handwritten[0]), "db", false)
	if used := (*InUseError)(nil); !errors.As(err, &used) {
		t.Error(err)
	}
}
