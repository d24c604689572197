package repotest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start is the date of the first commits; any fixed one will do.
var start = time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)

func stamp(seconds int) string {
	return start.Add(time.Duration(seconds) * time.Second).Format(time.RFC3339)
}

// Hostile is a repository full of traps. Each writes a file named after itself
// into Canaries when it is run.
type Hostile struct {
	*Repo
	Canaries string
	Traps    []Trap
	Missing  string // a blob that is not there and would have to be fetched
}

// Trap is one way to make git run something.
type Trap struct {
	Name string
	// Fire is a command of plain git that runs the trap; nil when this
	// machine has no way to (a pager wants a terminal, say).
	Fire []string
	// Stdin is what Fire reads.
	Stdin string
}

// NewHostile sets every trap.
func NewHostile(t testing.TB) *Hostile {
	t.Helper()
	base := Temp(t)
	h := &Hostile{Repo: Init(t, filepath.Join(base, "repo")), Canaries: filepath.Join(base, "canaries")}
	if err := os.Mkdir(h.Canaries, 0o755); err != nil {
		t.Fatal(err)
	}
	h.history()
	h.submodule()
	config := h.filters() + h.diffDrivers() + h.monitors() + h.signatures() + h.transports(base) + h.helpers(base)
	h.append(".git/config", config)
	// Last: from here on plain git runs things.
	h.dirty()
	return h
}

// Sprung lists the traps that went off, and sets them again.
func (h *Hostile) Sprung() []string {
	h.t.Helper()
	entries, err := os.ReadDir(h.Canaries)
	if err != nil {
		h.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		_ = os.Remove(filepath.Join(h.Canaries, e.Name()))
	}
	return names
}

// trap writes a program that leaves a trace and then behaves like body. The
// result is its path.
func (h *Hostile) trap(name, body string, fire ...string) string {
	h.t.Helper()
	h.Traps = append(h.Traps, Trap{Name: name, Fire: fire})
	path := filepath.Join(h.Dir, ".git", "evil-"+name)
	script := fmt.Sprintf("#!/bin/sh\n: > '%s'\n%s\n", filepath.Join(h.Canaries, name), body)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		h.t.Fatal(err)
	}
	return path
}

func (h *Hostile) append(name, text string) {
	h.t.Helper()
	f, err := os.OpenFile(filepath.Join(h.Dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		h.t.Fatal(err)
	}
}

// history is three commits, the last with a signature, and a blob taken away.
func (h *Hostile) history() {
	for _, name := range []string{"clean", "process", "command", "textconv", "external", "included", "worktreeconfig"} {
		h.Write("a."+name, "one\nneedle "+name+"\n")
	}
	h.Write("gone.txt", "this text will be missing\n")
	h.Commit("first")
	h.Write(".gitattributes", strings.Join([]string{
		"*.clean filter=clean", "*.process filter=process", "*.included filter=included", "*.worktreeconfig filter=worktreeconfig",
		"*.command diff=command", "*.textconv diff=textconv", "",
	}, "\n"))
	for _, name := range []string{"clean", "command", "textconv", "external"} {
		h.Write("a."+name, "one\nneedle "+name+"\ntwo\n")
	}
	h.Commit("second")
	signed := strings.Replace(h.Git("cat-file", "commit", h.Commit("third")), "\n\n",
		"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ\n -----END PGP SIGNATURE-----\n\n", 1)
	sha := h.GitIn(signed+"\n", "hash-object", "-t", "commit", "-w", "--stdin")
	h.Git("update-ref", "refs/heads/main", sha)
	h.Missing = h.Git("rev-parse", "HEAD:gone.txt")
	h.Remove(".git/objects/" + h.Missing[:2] + "/" + h.Missing[2:])
}

// submodule has a configuration of its own, which git reads when it asks the
// submodule for its status.
func (h *Hostile) submodule() {
	sub := Init(h.t, filepath.Join(h.Dir, "sub"))
	sub.Write("f", "needle\n")
	sha := sub.Commit("in the submodule")
	h.Git("update-index", "--add", "--cacheinfo", "160000,"+sha+",sub")
	h.Write(".gitmodules", "[submodule \"sub\"]\n\tpath = sub\n\turl = ./sub\n\tignore = none\n")
	h.Git("add", ".gitmodules")
	tree := h.Git("write-tree", "--missing-ok")
	commit := h.Git("commit-tree", tree, "-p", "HEAD", "-m", "fourth")
	h.Git("update-ref", "refs/heads/main", commit)
	program := h.trap("submodule", "exit 1", "status", "--", "sub")
	sub.Git("config", "core.fsmonitor", program)
}

func (h *Hostile) filters() string {
	var b strings.Builder
	clean := h.trap("clean", "cat", "status", "--", "a.clean")
	process := h.trap("process", "exit 1", "status", "--", "a.process")
	smudge := h.trap("smudge", "cat", "cat-file", "--filters", "HEAD:a.clean")
	fmt.Fprintf(&b, "[filter \"clean\"]\n\tclean = %s\n\tsmudge = %s\n\trequired = true\n", clean, smudge)
	fmt.Fprintf(&b, "[filter \"process\"]\n\tprocess = %s\n", process)
	return b.String()
}

func (h *Hostile) diffDrivers() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[diff]\n\texternal = %s\n", h.trap("external", "exit 0", "diff", "HEAD~3", "HEAD~2", "--", "a.external"))
	fmt.Fprintf(&b, "[diff \"command\"]\n\tcommand = %s\n", h.trap("command", "exit 0", "diff", "HEAD~3", "HEAD~2", "--", "a.command"))
	textconv := h.trap("textconv", "cat \"$1\"", "blame", "HEAD", "--", "a.textconv")
	fmt.Fprintf(&b, "[diff \"textconv\"]\n\ttextconv = %s\n\tcachetextconv = false\n", textconv)
	fmt.Fprintf(&b, "[diff]\n\tsubmodule = diff\n\tignoreSubmodules = none\n[submodule]\n\trecurse = true\n")
	return b.String()
}

// monitors are what a mere status runs.
func (h *Hostile) monitors() string {
	hooks := filepath.Join(h.Dir, ".git", "evil-hooks")
	hook := h.trap("hook", "exit 0", "add", "a.external") // writes the index
	for _, dir := range []string{hooks, filepath.Join(h.Dir, ".git", "hooks")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			h.t.Fatal(err)
		}
		for _, name := range []string{"post-index-change", "post-checkout", "pre-commit", "reference-transaction", "fsmonitor-watchman"} {
			if err := os.Symlink(hook, filepath.Join(dir, name)); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	fsmonitor := h.trap("fsmonitor", "exit 1", "status")
	pager := h.trap("pager", "cat") // wants a terminal
	return fmt.Sprintf("[core]\n\thooksPath = %s\n\tfsmonitor = %s\n\tpager = %s\n[pager]\n\tlog = %s\n\tstatus = %s\n\tblame = %s\n",
		hooks, fsmonitor, pager, pager, pager, pager)
}

func (h *Hostile) signatures() string {
	program := h.trap("gpg", "exit 1", "log", "-2", "--format=%H")
	return fmt.Sprintf("[log]\n\tshowSignature = true\n[gpg]\n\tprogram = %s\n[gpg \"ssh\"]\n\tprogram = %s\n", program, program)
}

// transports make this a partial clone whose remotes are programs. All of them
// are tried for the missing blob.
func (h *Hostile) transports(base string) string {
	var b strings.Builder
	fetch := []string{"cat-file", "blob", h.Missing}
	remote := func(name, url, more string) {
		fmt.Fprintf(&b, "[remote \"%s\"]\n\turl = %s\n\tpromisor = true\n\tpartialclonefilter = blob:none\n\tfetch = +refs/heads/*:refs/remotes/%s/*\n%s", name, url, name, more)
	}
	remote("ext", "\"ext::"+h.trap("ext", "exit 1", fetch...)+" %S\"", "")
	remote("ssh", "ssh://localhost/x", "")
	remote("proxy", "git://localhost/x", "")
	Init(h.t, filepath.Join(base, "upstream")).Commit("upstream")
	remote("pack", filepath.Join(base, "upstream"), "\tuploadpack = "+h.trap("uploadpack", "exit 1", fetch...)+"\n")
	fmt.Fprintf(&b, "[core]\n\tsshCommand = %s\n\tgitProxy = %s\n", h.trap("ssh", "exit 1", fetch...), h.trap("gitproxy", "exit 1", fetch...))
	b.WriteString("[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n[extensions]\n\tpartialClone = ext\n\tworktreeConfig = true\n[core]\n\trepositoryformatversion = 1\n")
	return b.String()
}

// helpers are the rest: credentials, alternates, and configuration that lies
// in other files.
func (h *Hostile) helpers(base string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[credential]\n\thelper = %s\n[core]\n\taskPass = %s\n",
		h.trap("credential", "exit 1", "credential", "fill"), h.trap("askpass", "exit 1", "credential", "fill"))
	for i := range h.Traps {
		if t := &h.Traps[i]; len(t.Fire) > 0 && t.Fire[0] == "credential" {
			t.Stdin = "protocol=https\nhost=localhost\n\n"
		}
	}
	alternate := Init(h.t, filepath.Join(h.Dir, ".git", "borrowed"), "--bare")
	if err := os.MkdirAll(filepath.Join(h.Dir, ".git/objects/info"), 0o755); err != nil {
		h.t.Fatal(err)
	}
	h.append(".git/objects/info/alternates", filepath.Join(alternate.Dir, "objects")+"\n")
	fmt.Fprintf(&b, "[core]\n\talternateRefsCommand = %s\n", h.trap("alternaterefs", "exit 0", "fetch", filepath.Join(base, "upstream"), "main"))

	included := filepath.Join(base, "included.config")
	text := fmt.Sprintf("[filter \"included\"]\n\tclean = %s\n", h.trap("included", "cat", "status", "--", "a.included"))
	if err := os.WriteFile(included, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
	fmt.Fprintf(&b, "[include]\n\tpath = %s\n[includeIf \"gitdir:/**\"]\n\tpath = %s\n", included, included)
	h.append(".git/config.worktree", fmt.Sprintf("[filter \"worktreeconfig\"]\n\tclean = %s\n", h.trap("worktreeconfig", "cat", "status", "--", "a.worktreeconfig")))
	return b.String()
}

// dirty gives every file another time stamp, so that git has to look inside.
func (h *Hostile) dirty() {
	later := start.AddDate(1, 0, 0)
	files, _ := filepath.Glob(filepath.Join(h.Dir, "a.*"))
	for _, file := range files {
		if err := os.Chtimes(file, later, later); err != nil {
			h.t.Fatal(err)
		}
	}
}

// Dirty makes the traps of a status go off again after git has looked.
func (h *Hostile) Dirty() {
	h.Remove(".git/index.lock")
	h.dirty()
}

// Plain walks into trap with the git of the machine. Whether git is content
// with the outcome does not matter.
func (h *Hostile) Plain(trap Trap) {
	h.t.Helper()
	if out, err := h.run(strings.NewReader(trap.Stdin), trap.Fire...); err != nil {
		h.t.Logf("git %v: %v\n%s", trap.Fire, err, out)
	}
}
