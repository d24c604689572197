package forge

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

type listRefsArgs struct {
	Repo   string `arg:"repo,required" doc:"{repo}"`
	Type   string `arg:"type" enum:"branch,tag" default:"branch" alias:"kind"`
	Filter string `arg:"filter" doc:"part of the name" alias:"query,name"`
	kit.Paging
}

type refRow struct {
	Name      string `json:"name"`
	SHA       string `json:"sha"`
	Date      string `json:"date,omitempty"`
	Protected bool   `json:"protected,omitempty"`
	Message   string `json:"message,omitempty"`
}

func newRefRow(r Ref) refRow {
	return refRow{Name: r.Name, SHA: sha12(r.SHA), Date: when(r.Date), Protected: r.Protected, Message: firstLine(r.Message)}
}

func (f *forge) listRefs() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_refs", Title: "List refs", Description: "Branches or tags.",
		Hints: kit.ReadWorld, ListName: "refs", Toolset: setExtras, Example: `{"repo":"acme/web","type":"tag"}`,
	}), func(ctx context.Context, a listRefsArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		get := func(at At) (List[Ref], error) {
			if a.Type == "tag" {
				return b.Tags(ctx, repo, at)
			}
			return b.Branches(ctx, repo, at)
		}
		var page kit.Page[Ref]
		if a.Filter == "" {
			page, err = fetch(ctx, f, a.Paging, get)
		} else {
			page, err = scan(ctx, f, a.Paging, get, func(r Ref) bool {
				return strings.Contains(strings.ToLower(r.Name), strings.ToLower(a.Filter))
			})
		}
		if err != nil {
			return nil, err
		}
		return kit.Records(nil, convert(page, newRefRow)).Untrusted().Narrow("narrow with filter"), nil
	})
}

type createBranchArgs struct {
	Repo string `arg:"repo,required" doc:"{repo}"`
	Name string `arg:"name,required" alias:"branch"`
	From string `arg:"from" doc:"branch, tag or sha; default branch if none"`
}

type branchMade struct {
	Changed bool   `json:"changed"`
	Name    string `json:"name"`
	SHA     string `json:"sha"`
}

func (f *forge) createBranch() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "create_branch", Title: "Create branch", Description: "A branch. One that is there already at that commit stays.",
		Hints: updates, Output: branchMade{}, Example: `{"repo":"acme/web","name":"fix-login"}`,
	}), func(ctx context.Context, a createBranchArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		for what, ref := range map[string]string{"name": a.Name, "from": a.From} {
			if err := refName(what, ref); err != nil {
				return nil, err
			}
		}
		if a.From == "" {
			r, err := b.GetRepo(ctx, repo)
			if err != nil {
				return nil, err
			}
			a.From = r.DefaultBranch
		}
		made, err := b.CreateBranch(ctx, repo, a.Name, a.From)
		if IsCode(err, kit.Conflict) {
			there, failed := b.Resolve(ctx, repo, a.Name)
			from, failedFrom := b.Resolve(ctx, repo, a.From)
			if failed == nil && failedFrom == nil && there == from {
				return kit.Record(branchMade{Name: a.Name, SHA: there}), nil
			}
			if failed != nil {
				return nil, hinted(err, kit.Conflict, "a branch that is called like a part of %s is in its way: take another name", a.Name)
			}
			return nil, hinted(err, kit.Conflict, "the branch %s is at %s; take another name, or work on it as it is", a.Name, sha12(there))
		}
		if err != nil {
			return nil, f.unknownRef(ctx, b, repo, err, "", a.From)
		}
		return kit.Record(branchMade{Changed: true, Name: made.Name, SHA: made.SHA}), nil
	})
}

type deleteBranchArgs struct {
	Repo    string `arg:"repo,required" doc:"{repo}"`
	Name    string `arg:"name,required" alias:"branch"`
	DryRun  bool   `arg:"dry_run"`
	Confirm string `arg:"confirm" doc:"token of the plan"`
}

type deletePlan struct {
	Changed bool   `json:"changed"`
	Plan    string `json:"plan,omitempty"`
	Confirm string `json:"confirm,omitempty"`
	Deleted string `json:"deleted,omitempty"`
	SHA     string `json:"sha,omitempty"`
}

func (f *forge) deleteBranch() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "delete_branch", Title: "Delete branch", Description: "First a plan and a token, then with confirm the branch is gone.",
		Hints: destroy, Output: deletePlan{}, Toolset: setDestructive, Example: `{"repo":"acme/web","name":"old"}`,
	}), func(ctx context.Context, a deleteBranchArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if err := refName("name", a.Name); err != nil {
			return nil, err
		}
		r, err := b.GetRepo(ctx, repo)
		if err != nil {
			return nil, err
		}
		if r.DefaultBranch == a.Name {
			return nil, kit.Errorf(kit.FailedPrecondition, "%s is the default branch of %s", a.Name, repo)
		}
		sha, err := b.Resolve(ctx, repo, a.Name)
		if err != nil {
			return nil, f.unknownRef(ctx, b, repo, err, "", a.Name)
		}
		action := f.action(ctx, "delete_branch", []string{repo, a.Name}, sha)
		if a.Confirm == "" || a.DryRun {
			plan := "delete branch " + a.Name + " of " + repo + ", which is at " + sha
			return kit.Record(deletePlan{Plan: plan, SHA: sha, Confirm: f.confirm.Token(action)}), nil
		}
		if err := f.confirm.Check(a.Confirm, action); err != nil {
			return nil, err
		}
		if err := b.DeleteBranch(ctx, repo, a.Name); err != nil {
			return nil, err
		}
		return kit.Record(deletePlan{Changed: true, Deleted: a.Name, SHA: sha}), nil
	})
}
