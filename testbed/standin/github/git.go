package github

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// git is a bare repository.
type git struct{ dir string }

// run is what a command says, without the newline at its end.
func (g git) run(args ...string) (string, error) { return g.with("", nil, args...) }

func (g git) with(input string, env []string, args ...string) (string, error) {
	out, err := g.raw(input, env, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

func (g git) raw(input string, env []string, args ...string) ([]byte, error) {
	cmd := exec.Command("git", append([]string{"-C", g.dir, "-c", "core.quotePath=false"}, args...)...)
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + g.dir, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=nobody", "GIT_AUTHOR_EMAIL=nobody@github.test", "GIT_COMMITTER_NAME=nobody", "GIT_COMMITTER_EMAIL=nobody@github.test",
	}, env...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// list is a command's lines.
func (g git) list(args ...string) []string {
	out, err := g.run(args...)
	if err != nil || out == "" {
		return nil
	}
	return strings.Split(out, "\n")
}

// resolve is the commit of a branch, a tag or a sha, empty if it is none.
func (g git) resolve(ref string) string {
	for _, full := range []string{"refs/heads/" + ref, "refs/tags/" + ref, "refs/" + ref, ref} {
		if full == ref && !isHex(ref) && ref != "HEAD" {
			continue
		}
		if sha, err := g.run("rev-parse", "--verify", "--quiet", "--end-of-options", full+"^{commit}"); err == nil {
			return sha
		}
	}
	return ""
}

func isHex(s string) bool {
	return len(s) >= 4 && len(s) <= 40 && strings.Trim(s, "0123456789abcdef") == ""
}

// ref is what a full name such as refs/heads/main points at, empty if there is none.
func (g git) ref(full string) string {
	sha, _ := g.run("rev-parse", "--verify", "--quiet", "--end-of-options", full)
	return sha
}

// kind is blob, tree, commit or tag, empty if there is no such object.
func (g git) kind(sha string) string {
	if !isHex(sha) {
		return ""
	}
	kind, _ := g.run("cat-file", "-t", sha)
	return kind
}

func (g git) blob(content string) string {
	sha, err := g.with(content, nil, "hash-object", "-w", "--stdin")
	if err != nil {
		panic(err) // the disk is full
	}
	return sha
}

// commit makes a commit of a tree.
func (g git) commit(tree, message string, parents []string, author person, when time.Time) (string, error) {
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	at := fmt.Sprintf("%d +0000", when.Unix())
	return g.with(message, []string{
		"GIT_AUTHOR_NAME=" + author.Name, "GIT_AUTHOR_EMAIL=" + author.Email, "GIT_AUTHOR_DATE=" + at,
		"GIT_COMMITTER_NAME=GitHub", "GIT_COMMITTER_EMAIL=noreply@github.test", "GIT_COMMITTER_DATE=" + at,
	}, args...)
}

type person struct{ Name, Email string }

// leaf is an entry of a tree to be made; sha is empty for one to be removed.
type leaf struct{ path, mode, sha string }

// tree makes a tree: what is in base, changed by leaves.
func (g git) tree(base string, leaves []leaf) (string, error) {
	index, err := os.CreateTemp(g.dir, "index-*")
	if err != nil {
		return "", err
	}
	index.Close()
	os.Remove(index.Name()) // git wants a name, and no empty file
	defer os.Remove(index.Name())
	env := []string{"GIT_INDEX_FILE=" + index.Name()}
	if base != "" {
		if _, err := g.with("", env, "read-tree", base); err != nil {
			return "", err
		}
	}
	var in strings.Builder
	for _, l := range leaves {
		switch {
		case l.sha == "":
			fmt.Fprintf(&in, "0 %040d\t%s\n", 0, l.path)
		case l.mode == "040000":
			for _, line := range g.list("ls-tree", "-r", l.sha) {
				meta, name, _ := strings.Cut(line, "\t")
				fmt.Fprintf(&in, "%s\t%s/%s\n", meta, l.path, name)
			}
		default:
			fmt.Fprintf(&in, "%s %s\t%s\n", l.mode, l.sha, l.path)
		}
	}
	if _, err := g.with(in.String(), env, "update-index", "--index-info"); err != nil {
		return "", err
	}
	return g.with("", env, "write-tree")
}
