package github

import (
	"fmt"
	"strings"
	"testing"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/testbed/contract"
)

// TestDay is a working day of go-github's, with every request and answer checked,
// on GitHub.com and on Enterprise Server.
func TestDay(t *testing.T) {
	for _, version := range []string{contract.GitHubCom, contract.GHES319, contract.GHES318, contract.GHES317} {
		t.Run(version, func(t *testing.T) { day(t, newBench(t, version)) })
	}
}

func day(t *testing.T, b *bench) {
	ctx := t.Context()
	repo := b.NewRepo(t, "day")
	if repo != "ann/day" {
		t.Fatal(repo)
	}
	// A commit of two files by the Git Data API, on a branch of its own.
	base := must[*gh.Commit](t)(b.me.Git.GetCommit(ctx, "ann", "day", b.Head(t, repo, "main")))
	tree := must[*gh.Tree](t)(b.me.Git.CreateTree(ctx, "ann", "day", base.Tree.GetSHA(), []*gh.TreeEntry{
		{Path: gh.Ptr("a/one.txt"), Mode: gh.Ptr("100644"), Type: gh.Ptr("blob"), Content: gh.Ptr("1\n2\n3\n")},
		{Path: gh.Ptr("README.md"), Mode: gh.Ptr("100644"), Type: gh.Ptr("blob")}, // removed
	}))
	commit := must[*gh.Commit](t)(b.me.Git.CreateCommit(ctx, "ann", "day", gh.Commit{Message: gh.Ptr("one"), Tree: tree, Parents: []*gh.Commit{base}}, nil))
	must[*gh.Reference](t)(b.me.Git.CreateRef(ctx, "ann", "day", gh.CreateRef{Ref: "refs/heads/fix/one", SHA: commit.GetSHA()}))
	if got := b.File(t, repo, "fix/one", "a/one.txt"); got != "1\n2\n3\n" || b.File(t, repo, "fix/one", "README.md") != "" {
		t.Errorf("the file is %q", got)
	}
	if _, _, err := b.me.Git.CreateRef(ctx, "ann", "day", gh.CreateRef{Ref: "refs/heads/fix/one", SHA: commit.GetSHA()}); err == nil || !strings.Contains(err.Error(), "Reference already exists") {
		t.Errorf("the branch twice: %v", err)
	}

	pull := must[*gh.PullRequest](t)(b.me.PullRequests.Create(ctx, "ann", "day", &gh.NewPullRequest{Title: gh.Ptr("One"), Head: gh.Ptr("fix/one"), Base: gh.Ptr("main")}))
	if pull.Mergeable != nil {
		t.Error("it knows at once whether it can be merged")
	}
	if got := must[*gh.PullRequest](t)(b.me.PullRequests.Get(ctx, "ann", "day", 1)); got.Mergeable != nil {
		t.Error("it knows when it is asked for the first time")
	}
	if got := must[*gh.PullRequest](t)(b.me.PullRequests.Get(ctx, "ann", "day", 1)); !got.GetMergeable() || got.GetChangedFiles() != 2 {
		t.Errorf("the pull request is %+v", got)
	}
	review := func(c *gh.Client, event string, line int) error {
		_, _, err := c.PullRequests.CreateReview(ctx, "ann", "day", 1, &gh.PullRequestReviewRequest{
			Event: &event, Body: gh.Ptr("b"), Comments: []*gh.DraftReviewComment{{Path: gh.Ptr("a/one.txt"), Line: &line, Side: gh.Ptr("RIGHT"), Body: gh.Ptr("?")}},
		})
		return err
	}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"his own":          {review(b.me, "APPROVE", 1), "Can not approve your own"},
		"off the diff":     {review(b.other, "REQUEST_CHANGES", 9), "could not be resolved"},
		"another's":        {review(b.other, "REQUEST_CHANGES", 2), ""},
		"of a wrong event": {review(b.other, "COMMENT", 3), ""},
	} {
		if (tc.err == nil) != (tc.want == "") || tc.err != nil && !strings.Contains(tc.err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, tc.err, tc.want)
		}
	}
	// go-github's own answers to POST …/comments without what the description wants there.
	req, err := b.me.NewRequest(ctx, "POST", fmt.Sprintf("repos/ann/day/pulls/1/comments/%d/replies", b.repo(repo).items[0].pull.threads[0].comments[0].id), map[string]string{"body": "Done."})
	if err == nil {
		_, err = b.me.Do(req, nil)
	}
	if err != nil || len(b.LineComments(t, repo, 1)) != 3 {
		t.Errorf("answering: %v", err)
	}
	if _, _, err := b.me.PullRequests.Merge(ctx, "ann", "day", 1, "", &gh.PullRequestOptions{SHA: base.GetSHA()}); err == nil || !strings.Contains(err.Error(), "Head branch was modified") {
		t.Errorf("merged another head: %v", err)
	}
	must[*gh.PullRequestMergeResult](t)(b.me.PullRequests.Merge(ctx, "ann", "day", 1, "", &gh.PullRequestOptions{MergeMethod: "squash", SHA: commit.GetSHA()}))
	if got := b.GetPull(t, repo, 1); got.State != "merged" || b.File(t, repo, "main", "a/one.txt") == "" {
		t.Errorf("it is %+v", got)
	}
	release := must[*gh.RepositoryRelease](t)(b.me.Repositories.CreateRelease(ctx, "ann", "day", gh.CreateReleaseRequest{TagName: "v1", GenerateReleaseNotes: gh.Ptr(true)}))
	if !strings.Contains(release.GetBody(), "* One by @ann") {
		t.Errorf("the notes are %q", release.GetBody())
	}
}
