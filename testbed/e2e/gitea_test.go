package e2e

import (
	"encoding/base64"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/testbed"
)

// TestGitea makes a repository, a branch and a pull request on a real Gitea with
// its own client, and reads all of it back.
func TestGitea(t *testing.T) {
	at := use(t, "gitea")
	c, err := gitea.NewClient(at.URL, gitea.SetToken(at.Token), gitea.SetHTTPClient(browser))
	if err != nil {
		t.Fatal(err)
	}
	made := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	repo, _, err := c.CreateRepo(gitea.CreateRepoOption{Name: "smoke", AutoInit: true})
	made("creating a repository", err)
	_, _, err = c.CreateBranch(at.User, "smoke", gitea.CreateBranchOption{BranchName: "change"})
	made("creating a branch", err)
	_, _, err = c.CreateFile(at.User, "smoke", "docs/page.md", gitea.CreateFileOptions{
		FileOptions: gitea.FileOptions{Message: "docs: a page", BranchName: "change"},
		Content:     base64.StdEncoding.EncodeToString([]byte("# A page\n")),
	})
	made("creating a file", err)
	pull, _, err := c.CreatePullRequest(at.User, "smoke", gitea.CreatePullRequestOption{Head: "change", Base: repo.DefaultBranch, Title: "A page"})
	made("creating a pull request", err)

	t.Run("version", func(t *testing.T) {
		version, _, err := c.ServerVersion()
		if err != nil || version != at.Version {
			t.Errorf("the Gitea is %q (%v), want %s", version, err, at.Version)
		}
		if err := c.CheckServerVersionConstraint(">= 1.26.0, < 1.27"); err != nil {
			t.Error(err)
		}
	})
	t.Run("user", func(t *testing.T) {
		me, _, err := c.GetMyUserInfo()
		if err != nil || me.UserName != at.User || !me.IsAdmin {
			t.Errorf("the token is of %+v (%v)", me, err)
		}
	})
	t.Run("file", func(t *testing.T) {
		raw, _, err := c.GetFile(at.User, "smoke", "change", "docs/page.md")
		if err != nil || string(raw) != "# A page\n" {
			t.Errorf("the file is %q (%v)", raw, err)
		}
		if _, _, err := c.GetFile(at.User, "smoke", repo.DefaultBranch, "docs/page.md"); err == nil {
			t.Errorf("the file is on %s as well", repo.DefaultBranch)
		}
	})
	t.Run("pull request", func(t *testing.T) {
		testbed.Eventually(t, "the pull request can be merged", func() bool { // Gitea looks in the background
			pull, _, err = c.GetPullRequest(at.User, "smoke", pull.Index)
			return err != nil || pull.Mergeable
		})
		if err != nil || pull.Title != "A page" || pull.State != gitea.StateOpen || pull.Head.Name != "change" {
			t.Errorf("the pull request is %+v (%v)", pull, err)
		}
		files, _, err := c.ListPullRequestFiles(at.User, "smoke", pull.Index, gitea.ListPullRequestFilesOptions{})
		if err != nil || len(files) != 1 || files[0].Filename != "docs/page.md" || files[0].Additions != 1 {
			t.Errorf("its files are %+v (%v)", files, err)
		}
	})
	t.Run("clone", func(t *testing.T) {
		url := strings.Replace(at.URL, "http://", "http://"+at.User+":"+at.Password+"@", 1)
		dir := t.TempDir()
		cmd := exec.Command("git", "clone", "--quiet", "--branch", "change", url+"/"+at.User+"/smoke.git", dir)
		cmd.Env = []string{"PATH=" + filepath.Dir(cmd.Path), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git clone: %v: %s", err, out)
		}
		if found, _ := filepath.Glob(filepath.Join(dir, "docs", "page.md")); len(found) != 1 {
			t.Error("the clone has no docs/page.md")
		}
	})
	t.Run("not found", func(t *testing.T) {
		if _, response, err := c.GetRepo(at.User, "nothing"); err == nil || response.StatusCode != 404 {
			t.Errorf("a repository that is not there gives %v", err)
		}
	})
}
