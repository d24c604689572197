package gitlab_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	api "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/testbed/standin/gitlab"
)

// client is GitLab's own, as somebody.
func client(t testing.TB, lab *gitlab.GitLab, user string) *api.Client {
	t.Helper()
	c, err := api.NewClient(lab.User(user), api.WithBaseURL(lab.URL), api.WithoutRetries())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ok(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// status is what the error of a client says.
func status(err error) int {
	var e *api.ErrorResponse
	switch {
	case errors.Is(err, api.ErrNotFound):
		return http.StatusNotFound
	case errors.As(err, &e):
		return e.Response.StatusCode
	}
	return 0
}

const repo = "acme/apps/web"

// start is an instance with a project and two people.
func start(t testing.TB) (lab *gitlab.GitLab, author, reviewer *api.Client) {
	t.Helper()
	lab = gitlab.New(t)
	author, reviewer = client(t, lab, "ann"), client(t, lab, "rob")
	lab.Project(repo)
	return lab, author, reviewer
}

// known fails the test for what the stand-in was asked and does not have.
func known(t testing.TB, lab *gitlab.GitLab) {
	t.Helper()
	if list := lab.Unknown(); len(list) > 0 {
		t.Errorf("not in the stand-in: %v", list)
	}
}

func commit(t testing.TB, c *api.Client, branch, from string, files map[string]string) *api.Commit {
	t.Helper()
	o := &api.CreateCommitOptions{Branch: &branch, CommitMessage: api.Ptr("change " + branch)}
	if from != "" {
		o.StartBranch = &from
	}
	for path, content := range files {
		action := api.FileCreate
		if _, _, err := c.RepositoryFiles.GetFile(repo, path, &api.GetFileOptions{Ref: api.Ptr("main")}); err == nil {
			action = api.FileUpdate
		}
		o.Actions = append(o.Actions, &api.CommitActionOptions{Action: &action, FilePath: &path, Content: &content})
	}
	made, _, err := c.Commits.CreateCommit(repo, o)
	ok(t, "committing", err)
	return made
}

// TestDay works with GitLab's own client: from a commit to a release.
func TestDay(t *testing.T) {
	lab, ann, rob := start(t)
	defer known(t, lab)
	me, _, err := ann.Users.CurrentUser()
	ok(t, "who", err)
	if me.Username != "ann" {
		t.Errorf("it is %s", me.Username)
	}
	commit(t, ann, "main", "", map[string]string{"src/a b.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n"})
	commit(t, ann, "fix", "main", map[string]string{"src/a b.txt": "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "new.txt": "new\n"})
	f, _, err := ann.RepositoryFiles.GetRawFile(repo, "src/a b.txt", &api.GetRawFileOptions{Ref: api.Ptr("fix")})
	ok(t, "a file", err)
	if !strings.Contains(string(f), "five") {
		t.Errorf("the file is %q", f)
	}
	tree, _, err := ann.Repositories.ListTree(repo, &api.ListTreeOptions{Ref: api.Ptr("fix"), Recursive: api.Ptr(true)})
	ok(t, "the tree", err)
	if len(tree) != 4 {
		t.Errorf("the tree is %v", tree)
	}
	m, _, err := ann.MergeRequests.CreateMergeRequest(repo, &api.CreateMergeRequestOptions{Title: api.Ptr("Draft: five"), SourceBranch: api.Ptr("fix"), TargetBranch: api.Ptr("main")})
	ok(t, "a merge request", err)
	if !m.Draft || m.DetailedMergeStatus != "draft_status" || m.ChangesCount != "2" || m.DiffRefs.HeadSha != m.SHA {
		t.Errorf("it is %+v", m)
	}
	review(t, rob, m)
	threads, _, err := ann.Discussions.ListMergeRequestDiscussions(repo, m.IID, nil)
	ok(t, "discussions", err)
	var thread *api.Discussion
	for _, d := range threads {
		if d.Notes[0].Position != nil {
			thread = d
		}
	}
	if thread == nil || thread.Notes[0].Position.NewLine != 5 || thread.Notes[0].Author.Username != "rob" || thread.IndividualNote {
		t.Fatalf("the discussions are %+v", threads)
	}
	_, _, err = ann.Discussions.AddMergeRequestDiscussionNote(repo, m.IID, thread.ID, &api.AddMergeRequestDiscussionNoteOptions{Body: api.Ptr("Done.")})
	ok(t, "a reply", err)
	d, _, err := ann.Discussions.ResolveMergeRequestDiscussion(repo, m.IID, thread.ID, &api.ResolveMergeRequestDiscussionOptions{Resolved: api.Ptr(true)})
	ok(t, "resolving", err)
	if len(d.Notes) != 2 || !d.Notes[0].Resolved {
		t.Errorf("the discussion is %+v", d)
	}
	_, _, err = ann.MergeRequests.AcceptMergeRequest(repo, m.IID, nil)
	if status(err) != http.StatusMethodNotAllowed {
		t.Errorf("merging a draft: %v", err)
	}
	_, _, err = ann.MergeRequests.UpdateMergeRequest(repo, m.IID, &api.UpdateMergeRequestOptions{Title: api.Ptr("five")})
	ok(t, "ready", err)
	_, _, err = ann.MergeRequests.AcceptMergeRequest(repo, m.IID, &api.AcceptMergeRequestOptions{SHA: api.Ptr(strings.Repeat("0", 40))})
	if status(err) != http.StatusConflict {
		t.Errorf("merging another head: %v", err)
	}
	done, _, err := ann.MergeRequests.AcceptMergeRequest(repo, m.IID, &api.AcceptMergeRequestOptions{SHA: &m.SHA, Squash: api.Ptr(true), ShouldRemoveSourceBranch: api.Ptr(true)})
	ok(t, "merging", err)
	forge := gitlab.Forge{Lab: lab, Author: "ann", Group: "acme/apps"}
	if done.State != "merged" || done.MergeCommitSHA != forge.Head(t, repo, "main") || done.SquashCommitSHA == "" || forge.Head(t, repo, "fix") != "" || forge.File(t, repo, "main", "new.txt") != "new\n" {
		t.Errorf("merged %+v, main is at %s", done, forge.Head(t, repo, "main"))
	}
	blame, _, err := ann.RepositoryFiles.GetFileBlame(repo, "src/a b.txt", &api.GetFileBlameOptions{Ref: api.Ptr("main"), RangeStart: api.Ptr(int64(4)), RangeEnd: api.Ptr(int64(6))})
	ok(t, "blame", err)
	if len(blame) != 3 || blame[1].Lines[0] != "five" || blame[1].Commit.ID != done.SquashCommitSHA {
		t.Errorf("blame says %+v", blame)
	}
	_, _, err = ann.Releases.CreateRelease(repo, &api.CreateReleaseOptions{TagName: api.Ptr("v1"), Ref: api.Ptr("main")})
	ok(t, "a release", err)
	_, _, err = ann.Releases.CreateRelease(repo, &api.CreateReleaseOptions{TagName: api.Ptr("v1")})
	if status(err) != http.StatusConflict {
		t.Errorf("a second release: %v", err)
	}
	tags, _, err := ann.Tags.ListTags(repo, nil)
	ok(t, "tags", err)
	if len(tags) != 1 || tags[0].Release.TagName != "v1" {
		t.Errorf("the tags are %+v", tags)
	}
}

// review is a draft at a line, published, and what is refused.
func review(t *testing.T, rob *api.Client, m *api.MergeRequest) {
	t.Helper()
	at := func(before, after int64) *api.CreateDraftNoteOptions {
		p := &api.PositionOptions{BaseSHA: &m.DiffRefs.BaseSha, StartSHA: &m.DiffRefs.StartSha, HeadSHA: &m.DiffRefs.HeadSha, PositionType: api.Ptr("text"), OldPath: api.Ptr("src/a b.txt"), NewPath: api.Ptr("src/a b.txt")}
		if before > 0 {
			p.OldLine = &before
		}
		if after > 0 {
			p.NewLine = &after
		}
		return &api.CreateDraftNoteOptions{Note: api.Ptr("Why?"), Position: p}
	}
	for _, lines := range [][2]int64{{5, 5}, {0, 4}, {40, 40}, {0, 6}} { // both of one that is new, one of a line that stayed, none that is shown
		if _, _, err := rob.DraftNotes.CreateDraftNote(repo, m.IID, at(lines[0], lines[1])); status(err) != http.StatusBadRequest {
			t.Errorf("a draft at %v: %v", lines, err)
		}
	}
	_, _, err := rob.DraftNotes.CreateDraftNote(repo, m.IID, at(0, 5))
	ok(t, "a draft", err)
	_, err = rob.DraftNotes.PublishAllDraftNotes(repo, m.IID)
	ok(t, "publishing", err)
	me, _, err := rob.Users.CurrentUser()
	ok(t, "who", err)
	_, _, err = rob.MergeRequests.UpdateMergeRequest(repo, m.IID, &api.UpdateMergeRequestOptions{ReviewerIDs: &[]int64{me.ID}})
	ok(t, "reviewing", err)
	_, _, err = rob.Notes.CreateMergeRequestNote(repo, m.IID, &api.CreateMergeRequestNoteOptions{Body: api.Ptr("Almost.\n\n/submit_review requested_changes")})
	ok(t, "a note", err)
	who, _, err := rob.MergeRequests.GetMergeRequestReviewers(repo, m.IID)
	ok(t, "reviewers", err)
	if len(who) != 1 || who[0].State != "requested_changes" {
		t.Errorf("the reviewers are %+v", who)
	}
	a, _, err := rob.MergeRequestApprovals.ApproveMergeRequest(repo, m.IID, &api.ApproveMergeRequestOptions{SHA: &m.SHA})
	ok(t, "approving", err)
	if !a.Approved || len(a.ApprovedBy) != 1 {
		t.Errorf("approved %+v", a)
	}
}

// TestIssues: labels are made when they are used, milestones are not.
func TestIssues(t *testing.T) {
	lab, ann, _ := start(t)
	defer known(t, lab)
	gitlab.Forge{Lab: lab, Author: "ann"}.Milestone(t, repo, "v1")
	stones, _, err := ann.Milestones.ListMilestones(repo, &api.ListMilestonesOptions{Title: api.Ptr("v1")})
	ok(t, "milestones", err)
	i, _, err := ann.Issues.CreateIssue(repo, &api.CreateIssueOptions{Title: api.Ptr("One"), Labels: &api.LabelOptions{"bug", "a b"}, MilestoneID: &stones[0].ID})
	ok(t, "an issue", err)
	labels, _, err := ann.Labels.ListLabels(repo, nil)
	ok(t, "labels", err)
	if len(labels) != 2 || i.Milestone.Title != "v1" {
		t.Errorf("the issue is %+v, the labels %v", i, labels)
	}
	_, _, err = ann.Issues.UpdateIssue(repo, i.IID, &api.UpdateIssueOptions{StateEvent: api.Ptr("close"), AddLabels: &api.LabelOptions{"x"}, RemoveLabels: &api.LabelOptions{"bug"}, MilestoneID: api.Ptr(int64(0))})
	ok(t, "closing", err)
	i, _, err = ann.Issues.GetIssue(repo, i.IID)
	ok(t, "the issue", err)
	if i.State != "closed" || len(i.Labels) != 2 || i.Labels[1] != "x" || i.Milestone != nil {
		t.Errorf("the issue is %+v", i)
	}
	events, _, err := ann.ResourceStateEvents.ListIssueStateEvents(repo, i.IID, nil)
	ok(t, "events", err)
	if len(events) != 1 || events[0].State != "closed" {
		t.Errorf("the events are %+v", events)
	}
	_, _, err = ann.Issues.CreateIssue(repo, &api.CreateIssueOptions{Title: api.Ptr("Two"), MilestoneID: api.Ptr(int64(7))})
	if status(err) != http.StatusBadRequest {
		t.Errorf("a milestone that is none: %v", err)
	}
	_, _, err = ann.Issues.ListProjectIssues(repo, &api.ListProjectIssuesOptions{State: api.Ptr("open")})
	if status(err) != http.StatusBadRequest {
		t.Errorf("a state that is none: %v", err)
	}
	found, _, err := ann.Search.IssuesByProject(repo, "one", &api.SearchOptions{})
	ok(t, "searching", err)
	if len(found) != 1 {
		t.Errorf("found %v", found)
	}
}

// TestPipeline plays a pipeline, tries it again, and reads its trace.
func TestPipeline(t *testing.T) {
	lab, ann, _ := start(t)
	defer known(t, lab)
	forge := gitlab.Forge{Lab: lab, Author: "ann"}
	path, content := forge.Workflow("build", "test")
	commit(t, ann, "main", "", map[string]string{path: content + "manual:\n  when: manual\n  script: x\ndown:\n  trigger: {include: x.yml}\n"})
	id, jobID := lab.Play(repo, "main", []gitlab.Step{{Name: "build", Log: []string{"ok"}}, {Name: "test", Failed: true, Log: []string{"\x1b[31mno\x1b[0m"}}})
	p, _, err := ann.Pipelines.GetLatestPipeline(repo, nil)
	ok(t, "the latest pipeline", err)
	if p.ID != id || p.Status != "failed" {
		t.Errorf("the latest is %+v, played %d", p, id)
	}
	trace, _, err := ann.Jobs.GetTraceFile(repo, jobID)
	ok(t, "a trace", err)
	log := make([]byte, 8000)
	n, _ := trace.Read(log)
	if text := string(log[:n]); !strings.Contains(text, ":test\r\x1b[0Ktest\n\x1b[31mno\x1b[0m\n") || strings.Contains(text, "end:1762070410:test") {
		t.Errorf("the trace is %q", text)
	}
	bridges, _, err := ann.Jobs.ListPipelineBridges(repo, id, nil)
	ok(t, "bridges", err)
	if len(bridges) != 1 || bridges[0].DownstreamPipeline.ID != lab.Child(repo, id) {
		t.Errorf("the bridges are %+v", bridges)
	}
	_, _, err = ann.Pipelines.RetryPipelineBuild(repo, id)
	ok(t, "trying again", err)
	if again, _ := lab.Play(repo, "main", nil); again != id {
		t.Errorf("played %d, tried %d again", again, id)
	}
	jobs, _, err := ann.Jobs.ListPipelineJobs(repo, id, &api.ListJobsOptions{IncludeRetried: api.Ptr(true)})
	ok(t, "jobs", err)
	if len(jobs) != 3 {
		t.Errorf("the jobs are %v", jobs)
	}
	made, _, err := ann.Pipelines.CreatePipeline(repo, &api.CreatePipelineOptions{Ref: api.Ptr("main"), Variables: &[]*api.PipelineVariableOptions{{Key: api.Ptr("A"), Value: api.Ptr("b")}}})
	ok(t, "a pipeline", err)
	if made.Status != "pending" || made.Source != "api" {
		t.Errorf("made %+v", made)
	}
	_, _, err = ann.Pipelines.CancelPipelineBuild(repo, made.ID)
	ok(t, "cancelling", err)
	result, _, err := ann.Validate.ProjectNamespaceLint(repo, &api.ProjectNamespaceLintOptions{Content: api.Ptr("a: {stage: nope, script: x}")})
	ok(t, "linting", err)
	if result.Valid || len(result.Errors) != 1 {
		t.Errorf("lint says %+v", result)
	}
}
