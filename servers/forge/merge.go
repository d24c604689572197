package forge

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

type mergeArgs struct {
	Repo    string `arg:"repo,required" doc:"{repo}"`
	Number  int    `arg:"number,required" min:"1"`
	Head    string `arg:"expected_head_sha,required"`
	Method  string `arg:"method" doc:"merge, squash, rebase"`
	Title   string `arg:"title" doc:"of the commit"`
	Message string `arg:"message,raw"`
	Delete  bool   `arg:"delete_branch"`
	DryRun  bool   `arg:"dry_run" doc:"plan, even with confirm"`
	Confirm string `arg:"confirm" doc:"token of the plan"`
}

type mergePlan struct {
	Changed  bool     `json:"changed"`
	Plan     string   `json:"plan,omitempty"`
	Blockers []string `json:"blockers,omitempty"`
	Checks   string   `json:"checks,omitempty"`
	Review   string   `json:"review,omitempty"`
	Open     *int     `json:"unresolved_threads,omitempty"`
	Commits  int      `json:"commits,omitempty"`
	Files    []string `json:"files,omitempty"`
	Confirm  string   `json:"confirm,omitempty"`
	MergeSHA string   `json:"merge_sha,omitempty"`
	URL      string   `json:"url,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

func (f *forge) mergePull() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "merge_{pull}", Title: "Merge {pull request}", Description: "First a plan: what is merged, checks, reviews, blockers, and a token. Then the same call with confirm merges, if nothing has changed.",
		Hints: destroy, Output: planShape{}, Toolset: setDestructive, Example: `{"repo":"acme/web","number":7,"expected_head_sha":"4f2a9c1d0e5b"}`,
	}), func(ctx context.Context, a mergeArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		p, err := f.settled(ctx, b, repo, a.Number)
		if err != nil {
			return nil, err
		}
		if p.State != "open" {
			return nil, kit.Errorf(kit.FailedPrecondition, "it is %s already", p.State)
		}
		if len(a.Head) < 7 || !strings.HasPrefix(p.HeadSHA, strings.ToLower(a.Head)) {
			return nil, kit.Errorf(kit.Conflict, "its head is %s, not %s", p.HeadSHA, a.Head).
				WithHint("%s", f.Nouns.say("look at what changed with get_{pull}_diff, then use expected_head_sha="+p.HeadSHA))
		}
		if a.Delete && p.HeadRepo != "" {
			return nil, kit.Errorf(kit.InvalidArgument, "delete_branch: %s is a branch of %s, which is not touched", p.Head, p.HeadRepo)
		}
		if a.Method, err = f.method(ctx, b, repo, a.Method); err != nil {
			return nil, err
		}
		plan, err := f.mergePlan(ctx, b, repo, p, a)
		if err != nil {
			return nil, err
		}
		action := f.action(ctx, "merge_{pull}", []any{repo, a.Number, a.Method, a.Title, a.Message, a.Delete}, []any{p.HeadSHA, p.Base, p.BaseSHA, plan.Blockers, plan.Checks, plan.Review})
		if a.Confirm == "" || a.DryRun {
			plan.Confirm = f.confirm.Token(action)
			return kit.Record(plan).Untrusted(), nil
		}
		if err := f.confirm.Check(a.Confirm, action); err != nil {
			return nil, err
		}
		sha, err := b.MergePull(ctx, repo, a.Number, Merge{Method: a.Method, HeadSHA: p.HeadSHA, Title: a.Title, Message: a.Message, DeleteBranch: a.Delete})
		if err != nil {
			return nil, err
		}
		return kit.Record(mergePlan{Changed: true, MergeSHA: sha, URL: p.URL}), nil
	})
}

const (
	settleTries = 10
	lookTries   = 3
	settlePause = 500 * time.Millisecond
)

// looked reads a pull request until the forge says whether it can be merged, for
// a second: who asks first makes some of them look.
func (f *forge) looked(ctx context.Context, b Backend, repo string, number int) (Pull, error) {
	return f.reread(ctx, b, repo, number, lookTries, func(p Pull) bool { return p.State != "open" || p.Mergeable != nil })
}

// settled reads a pull request until the forge knows that it can be merged: some
// find out in the background, and say no until then. One that says why not knows it.
func (f *forge) settled(ctx context.Context, b Backend, repo string, number int) (Pull, error) {
	return f.reread(ctx, b, repo, number, settleTries, func(p Pull) bool {
		return p.State != "open" || p.Draft || p.Mergeable != nil && (*p.Mergeable || len(p.Blocked) > 0)
	})
}

func (f *forge) reread(ctx context.Context, b Backend, repo string, number, tries int, enough func(Pull) bool) (Pull, error) {
	for try := 1; ; try++ {
		p, err := f.pull(ctx, b, repo, number)
		if err != nil || enough(p) || try == tries {
			return p, err
		}
		timer := time.NewTimer(settlePause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return p, context.Cause(ctx)
		}
	}
}

// method is how to merge: the one that was asked for, if the repository has it,
// else the first it has.
func (f *forge) method(ctx context.Context, b Backend, repo, wanted string) (string, error) {
	r, err := b.GetRepo(ctx, repo)
	if err != nil {
		return "", err
	}
	methods := r.MergeMethods
	if methods == nil {
		methods = f.Features.MergeMethods
	}
	if wanted == "" && len(methods) > 0 {
		return methods[0], nil
	}
	if !slices.Contains(methods, wanted) {
		return "", kit.Errorf(kit.InvalidArgument, "%s does not allow the method %q", repo, wanted).WithHint("it allows %s", strings.Join(methods, ", "))
	}
	return wanted, nil
}

// mergePlan is what is known before.
func (f *forge) mergePlan(ctx context.Context, b Backend, repo string, p Pull, a mergeArgs) (mergePlan, error) {
	var st pullState
	plan := mergePlan{URL: p.URL}
	var tasks []upstream.Task
	add := func(name string, do func(context.Context) error) { tasks = append(tasks, task(name, do)) }
	f.askState(b, repo, p, &st, add)
	add("commits", func(ctx context.Context) error {
		list, _, err := all(ctx, f, pullLists, func(at At) (List[Commit], error) { return b.PullCommits(ctx, repo, p.Number, at) })
		plan.Commits = len(list)
		return err
	})
	add("files", func(ctx context.Context) error {
		list, more, err := all(ctx, f, pullLists, func(at At) (List[ChangedFile], error) { return b.PullFiles(ctx, repo, p.Number, at) })
		for _, file := range list {
			plan.Files = append(plan.Files, file.Path)
		}
		if more {
			plan.Files = append(plan.Files, "and more")
		}
		return err
	})
	warnings, err := upstream.Besides(ctx, tasks...)
	if err != nil {
		return plan, err
	}
	st.markRequired()
	plan.Warnings, plan.Blockers, plan.Checks, plan.Review = warnings, st.blockers(p), verdict(st.checks), decision(st.reviews, p.Reviewers)
	if st.gotThread {
		n := st.unresolved()
		plan.Open = &n
	}
	plan.Plan = a.Method + " " + p.Head + " (" + sha12(p.HeadSHA) + ") into " + p.Base + " of " + repo
	if a.Delete {
		plan.Plan += ", then delete " + p.Head
	}
	return plan, nil
}
