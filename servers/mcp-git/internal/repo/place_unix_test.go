//go:build unix

package repo_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
)

// world is a folder that is allowed and one that is not, each with a
// repository of one commit.
type world struct {
	base    string
	in, out *repotest.Repo
	inDir   string
}

func newWorld(t *testing.T) world {
	base := repotest.Temp(t)
	w := world{base: base, inDir: filepath.Join(base, "in")}
	w.in = repotest.Init(t, filepath.Join(base, "in", "repo"))
	w.in.Write("d/f", "inside\n")
	w.in.Commit("inside")
	w.out = repotest.Init(t, filepath.Join(base, "out", "private"))
	w.out.Write("secret", "the secret\n")
	w.out.Commit("private")
	return w
}

func (w world) open(t *testing.T, dir string) (*repo.Repo, error) {
	t.Helper()
	dirs, err := allow.New(w.inDir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := repo.Open(t.Context(), findGit(t), dirs, filepath.Join(w.base, dir))
	if err == nil {
		t.Cleanup(func() { r.Close() })
	}
	return r, err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesWhatLeadsOutside(t *testing.T) {
	private := func(w world, name string) string { return filepath.Join(w.base, "out", "private", ".git", name) }
	for name, arrange := range map[string]func(t *testing.T, w world) string{
		"the folder itself":   func(t *testing.T, w world) string { return "out/private" },
		"dots":                func(t *testing.T, w world) string { return "in/../out/private" },
		"a link to it":        func(t *testing.T, w world) string { w.in.Link(w.out.Dir, "link"); return "in/repo/link" },
		"the parent of roots": func(t *testing.T, w world) string { return "." },
		"a .git file": func(t *testing.T, w world) string {
			write(t, filepath.Join(w.inDir, "fake", ".git"), "gitdir: "+private(w, "")+"\n")
			return "in/fake"
		},
		"a relative .git file": func(t *testing.T, w world) string {
			write(t, filepath.Join(w.inDir, "fake", ".git"), "gitdir: ../../out/private/.git\n")
			return "in/fake"
		},
		"a .git link": func(t *testing.T, w world) string {
			w.in.Remove(".git")
			w.in.Link(private(w, ""), ".git")
			return "in/repo"
		},
		"a linked worktree of it": func(t *testing.T, w world) string {
			w.out.Git("worktree", "add", "--quiet", filepath.Join(w.inDir, "tree"))
			return "in/tree"
		},
		"commondir": func(t *testing.T, w world) string { w.in.Write(".git/commondir", private(w, "")); return "in/repo" },
		"objects":   func(t *testing.T, w world) string { return w.replace("objects", private(w, "objects")) },
		"refs":      func(t *testing.T, w world) string { return w.replace("refs", private(w, "refs")) },
		"a folder of refs": func(t *testing.T, w world) string {
			return w.replace("refs/heads", private(w, "refs/heads"))
		},
		"packed-refs": func(t *testing.T, w world) string {
			w.out.Git("pack-refs", "--all")
			return w.replace("packed-refs", private(w, "packed-refs"))
		},
		"the index":  func(t *testing.T, w world) string { return w.replace("index", private(w, "index")) },
		"HEAD":       func(t *testing.T, w world) string { return w.replace("HEAD", private(w, "HEAD")) },
		"the config": func(t *testing.T, w world) string { return w.replace("config", private(w, "config")) },
		"one folder of objects": func(t *testing.T, w world) string {
			sha := w.out.Git("rev-parse", "HEAD")
			return w.replace("objects/"+sha[:2], private(w, "objects/"+sha[:2]))
		},
		"a pack": func(t *testing.T, w world) string {
			w.out.Git("repack", "-adq")
			packs, _ := filepath.Glob(private(w, "objects/pack/*"))
			for _, pack := range packs {
				w.in.Link(pack, ".git/objects/pack/"+filepath.Base(pack))
			}
			return "in/repo"
		},
		"alternates": func(t *testing.T, w world) string {
			w.in.Write(".git/objects/info/alternates", private(w, "objects")+"\n")
			return "in/repo"
		},
		"relative alternates": func(t *testing.T, w world) string {
			w.in.Write(".git/objects/info/alternates", "# comment\n\n../../../../out/private/.git/objects\n")
			return "in/repo"
		},
		"alternates of alternates": func(t *testing.T, w world) string {
			other := repotest.Init(t, filepath.Join(w.inDir, "other"))
			other.Write(".git/objects/info/alternates", private(w, "objects")+"\n")
			w.in.Write(".git/objects/info/alternates", filepath.Join(other.Dir, ".git", "objects")+"\n")
			return "in/repo"
		},
		"a link inside to a link outside": func(t *testing.T, w world) string {
			write(t, filepath.Join(w.inDir, "store", "x"), "")
			w.in.Remove(".git/objects/pack")
			w.in.Link(filepath.Join(w.inDir, "store"), ".git/objects/pack")
			if err := os.Symlink(private(w, "objects/pack"), filepath.Join(w.inDir, "store", "more")); err != nil {
				t.Fatal(err)
			}
			return "in/repo"
		},
		"core.worktree": func(t *testing.T, w world) string {
			w.in.Git("config", "core.worktree", w.out.Dir)
			return "in/repo"
		},
		"core.worktree in config.worktree": func(t *testing.T, w world) string {
			w.in.Git("config", "extensions.worktreeConfig", "true")
			w.in.Git("config", "--worktree", "core.worktree", "../../../out/private")
			return "in/repo"
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dir := arrange(t, w)
			views := t.TempDir()
			t.Setenv("TMPDIR", views)
			_, err := w.open(t, dir)
			if kind(err) != repo.Denied {
				t.Errorf("Open = %v, want permission_denied", err)
			}
			var e *repo.Error
			if errors.As(err, &e) && !strings.Contains(e.Hint, "--allow") && !strings.Contains(name, "core.worktree") {
				t.Errorf("the hint does not name --allow: %q", e.Hint)
			}
			if left, err := os.ReadDir(views); err != nil || len(left) > 0 {
				t.Errorf("the view was left behind: %v, %v", left, err)
			}
		})
	}
}

// replace puts a link to target where a part of the git directory was.
func (w world) replace(part, target string) string {
	w.in.Remove(".git/" + part)
	w.in.Link(target, ".git/"+part)
	return "in/repo"
}

func TestOpenFindsEveryKindOfRepository(t *testing.T) {
	for name, arrange := range map[string]func(t *testing.T, w world) (dir, root string){
		"plain":    func(t *testing.T, w world) (string, string) { return "in/repo", "in/repo" },
		"a folder": func(t *testing.T, w world) (string, string) { return "in/repo/d", "in/repo" },
		"a file":   func(t *testing.T, w world) (string, string) { return "in/repo/d/f", "in/repo" },
		"bare": func(t *testing.T, w world) (string, string) {
			w.in.Git("clone", "--quiet", "--bare", w.in.Dir, filepath.Join(w.inDir, "bare.git"))
			return "in/bare.git", "in/bare.git"
		},
		"linked worktree": func(t *testing.T, w world) (string, string) {
			w.in.Git("worktree", "add", "--quiet", filepath.Join(w.inDir, "tree"))
			return "in/tree", "in/tree"
		},
		"submodule": func(t *testing.T, w world) (string, string) {
			other := repotest.Init(t, filepath.Join(w.inDir, "other"))
			other.Write("d/f", "inside\n")
			other.Commit("inside")
			w.in.Git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.Dir, "sub")
			return "in/repo/sub", "in/repo/sub"
		},
		"alternates inside": func(t *testing.T, w world) (string, string) {
			w.in.Git("clone", "--quiet", "--shared", w.in.Dir, filepath.Join(w.inDir, "shared"))
			return "in/shared", "in/shared"
		},
		"sha256": func(t *testing.T, w world) (string, string) {
			other := repotest.Init(t, filepath.Join(w.inDir, "sha256"), "--object-format=sha256")
			other.Write("d/f", "inside\n")
			other.Commit("inside")
			return "in/sha256", "in/sha256"
		},
		"packed": func(t *testing.T, w world) (string, string) {
			w.in.Git("pack-refs", "--all")
			w.in.Git("repack", "-adq")
			return "in/repo", "in/repo"
		},
		"split index": func(t *testing.T, w world) (string, string) {
			w.in.Git("update-index", "--split-index")
			w.in.Write("new", "")
			w.in.Git("add", "new")
			w.in.Commit("inside")
			return "in/repo", "in/repo"
		},
		"HEAD as a link": func(t *testing.T, w world) (string, string) {
			return w.replace("HEAD", "refs/heads/main"), "in/repo"
		},
		"shallow": func(t *testing.T, w world) (string, string) {
			w.in.Commit("inside")
			w.in.Git("clone", "--quiet", "--depth=1", "file://"+w.in.Dir, filepath.Join(w.inDir, "shallow"))
			return "in/shallow", "in/shallow"
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dir, root := arrange(t, w)
			r, err := w.open(t, dir)
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(w.base, root); r.Root() != want {
				t.Errorf("Root = %s, want %s", r.Root(), want)
			}
			head := resolve(t, r, "HEAD")
			if c, err := r.Commit(t.Context(), head); err != nil || c.Subject != "inside" {
				t.Errorf("Commit = %+v, %v", c, err)
			}
			f, err := r.File(t.Context(), repo.FileQuery{SHA: head, Path: "d/f", Start: 1, Fits: func(string) bool { return true }})
			if err != nil || len(f.Lines) != 1 || f.Lines[0] != "inside" {
				t.Errorf("File = %+v, %v", f, err)
			}
			if s, err := r.Status(t.Context(), nil, false); !r.Bare() && (err != nil || s.Head != head) {
				t.Errorf("Status = %+v, %v", s, err)
			}
		})
	}
}

// Git refuses a repository of another user because its configuration could run
// programs as us. Ours is not read, so there is nothing to refuse.
func TestARepositoryOfAnotherUserIsRead(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a file to another user: run as root")
	}
	w := newWorld(t)
	err := filepath.WalkDir(w.in.Dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, 12345, 12345))
	})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.in.Try("status"); err == nil || !strings.Contains(out, "dubious ownership") {
		t.Fatalf("plain git does not mind: %v\n%s", err, out)
	}
	r, err := w.open(t, "in/repo")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Status(t.Context(), nil, false); err != nil {
		t.Error(err)
	}
}

// A FIFO would hold whoever opens it for as long as nobody writes.
func TestPipesDoNotHoldTheCall(t *testing.T) {
	for _, name := range []string{"HEAD", "config", "commondir", "objects/info/alternates"} {
		w := newWorld(t)
		w.in.Remove(".git/" + name)
		path := filepath.Join(w.in.Dir, ".git", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := w.open(t, "in/repo"); kind(err) != repo.Unsupported {
			t.Errorf("%s is a pipe: Open = %v, want unsupported", name, err)
		}
	}
	w := newWorld(t)
	pipe := filepath.Join(w.base, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	// Written by hand: plain git would hang at the include of its own file.
	w.in.Write(".git/config", "[core]\n\texcludesFile = "+pipe+"\n\tattributesFile = "+pipe+"\n[mailmap]\n\tfile = "+pipe+
		"\n[blame]\n\tignoreRevsFile = "+pipe+"\n[include]\n\tpath = "+pipe+"\n")
	r, err := w.open(t, "in/repo")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Status(t.Context(), nil, true); err != nil {
		t.Error(err)
	}
	if _, err := r.Blame(t.Context(), resolve(t, r, "HEAD"), "d/f", 1, 1); err != nil {
		t.Error(err)
	}
}

func TestUnknownExtensionsStopGit(t *testing.T) {
	w := newWorld(t)
	w.in.Write(".git/config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tfromTheFuture = true\n")
	r, err := w.open(t, "in/repo")
	if err == nil {
		_, err = r.Status(t.Context(), nil, false)
	}
	if kind(err) != repo.Unsupported {
		t.Errorf("an extension that git does not know: %v, want unsupported", err)
	}
}

// What the hint says must be enough.
func TestTheHintOpensALinkedWorktree(t *testing.T) {
	w := newWorld(t)
	w.out.Git("worktree", "add", "--quiet", filepath.Join(w.inDir, "tree"))
	_, err := w.open(t, "in/tree")
	var e *repo.Error
	if !errors.As(err, &e) {
		t.Fatalf("Open = %v, want a refusal", err)
	}
	_, rest, _ := strings.Cut(e.Hint, "--allow ")
	folder, _, _ := strings.Cut(rest, ",")
	dirs, err := allow.New(w.inDir, folder)
	if err != nil {
		t.Fatal(err)
	}
	r, err := repo.Open(t.Context(), findGit(t), dirs, filepath.Join(w.inDir, "tree"))
	if err != nil {
		t.Fatalf("with --allow %s: %v", folder, err)
	}
	defer r.Close()
}

func TestNoRepository(t *testing.T) {
	w := newWorld(t)
	_, err := w.open(t, "in")
	var e *repo.Error
	if !errors.As(err, &e) || e.Kind != repo.NotFound || len(e.Known) != 1 || e.Known[0] != w.in.Dir {
		t.Errorf("Open = %#v, want not_found and the repository below", err)
	}
	if _, err := w.open(t, "in/none"); kind(err) != repo.NotFound {
		t.Errorf("Open = %v, want not_found", err)
	}
}
