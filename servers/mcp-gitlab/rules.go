package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// Rules come from the project, from the branch, which says if it is protected to
// everybody, and from the approval rules. Those are of the tiers that are paid
// for: where they are not to be had, a note says so.
func (g *gitlab) Rules(ctx context.Context, repo, branch string) (forge.Rules, error) {
	var rules forge.Rules
	var approvals []string
	err := upstream.All(ctx, func(ctx context.Context) error {
		p, err := g.project(ctx, repo)
		if err != nil {
			return err
		}
		rules.Notes = projectRules(p)
		return nil
	}, func(ctx context.Context) (err error) {
		rules.Approvals, approvals, err = g.approvalRules(ctx, repo, branch)
		return err
	})
	if err != nil {
		return rules, err
	}
	rules.Notes = append(rules.Notes, approvals...)
	b, _, err := g.api.Branches.GetBranch(repo, branch, in(ctx))
	if err != nil {
		return rules, wrap(ctx, err)
	}
	rules.Protected = b.Protected
	if b.Protected && !b.CanPush {
		rules.Notes = append(rules.Notes, "we may not push to "+branch)
	}
	return rules, nil
}

func projectRules(p *gl.Project) []string {
	var notes []string
	for _, rule := range []struct {
		on   bool
		text string
	}{
		{p.OnlyAllowMergeIfPipelineSucceeds && p.AllowMergeOnSkippedPipeline, "the pipeline has to succeed or be skipped"},
		{p.OnlyAllowMergeIfPipelineSucceeds && !p.AllowMergeOnSkippedPipeline, "the pipeline has to succeed"},
		{p.OnlyAllowMergeIfAllDiscussionsAreResolved, "all threads have to be resolved"},
		{p.MergeMethod == gl.FastForwardMerge, "merges are fast forward: the branch has to be rebased first"},
		{p.MergeMethod == gl.RebaseMerge, "the history is semi-linear: the branch has to be rebased first"},
		{p.MergeTrainsEnabled, "there is a merge train"},
	} {
		if rule.on {
			notes = append(notes, rule.text)
		}
	}
	return notes
}

// approvalRules is how many approvals the strictest rule of a branch wants.
func (g *gitlab) approvalRules(ctx context.Context, repo, branch string) (int, []string, error) {
	list, _, err := g.api.Projects.GetProjectApprovalRules(repo, &gl.GetProjectApprovalRulesListsOptions{ListOptions: gl.ListOptions{PerPage: maxPage}}, in(ctx))
	if absent(err) {
		return 0, []string{fmt.Sprintf("approval rules are not to be had (HTTP %d): this GitLab's tier or our role does not have them", status(err))}, nil
	}
	if err != nil {
		return 0, nil, wrap(ctx, err)
	}
	most := 0
	var notes []string
	for _, rule := range list {
		if rule == nil || rule.ApprovalsRequired == 0 ||
			len(rule.ProtectedBranches) > 0 && !slices.ContainsFunc(rule.ProtectedBranches, func(b *gl.ProtectedBranch) bool { return b != nil && b.Name == branch }) {
			continue
		}
		most = max(most, int(rule.ApprovalsRequired))
		notes = append(notes, fmt.Sprintf("%q wants %d to approve", rule.Name, rule.ApprovalsRequired))
	}
	return most, notes, nil
}

// variable is a CI variable without its value, which is not even decoded.
type variable struct {
	Key         string `json:"key"`
	Scope       string `json:"environment_scope"`
	Description string `json:"description"`
	Protected   bool   `json:"protected"`
	Masked      bool   `json:"masked"`
}

// Variables are those of the project, for maintainers.
func (g *gitlab) Variables(ctx context.Context, repo string, at forge.At) (forge.List[forge.Variable], error) {
	var vars []*variable
	r, err := g.http.JSON(ctx, upstream.Request{Path: project(repo, "variables"), Query: pageQuery(at)}, &vars)
	if err != nil {
		return forge.List[forge.Variable]{}, err
	}
	return listed(vars, answer(r), func(v *variable) forge.Variable {
		if v == nil {
			return forge.Variable{}
		}
		return forge.Variable{Name: v.Key, Scope: v.Scope, Description: v.Description, Protected: v.Protected, Masked: v.Masked}
	}), nil
}

// answer is an answer of ours as the library has it.
func answer(r *upstream.Response) *gl.Response {
	out := &gl.Response{Response: &http.Response{StatusCode: r.Status, Header: r.Header}}
	out.NextPage = number(r.Header.Get("X-Next-Page"))
	out.TotalItems = number(r.Header.Get("X-Total"))
	return out
}
