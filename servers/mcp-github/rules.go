package main

import (
	"context"
	"net/url"
	"slices"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// Rules are those of rulesets, which everybody may read, and those of the older
// protection, which only administrators may.
func (g *github) Rules(ctx context.Context, repo, branch string) (forge.Rules, error) {
	owner, name := forge.OwnerName(repo)
	var out forge.Rules
	var b gh.Branch
	if err := g.read(ctx, repoPath(repo, "branches/"+url.PathEscape(branch)), nil, &b); err != nil {
		return out, err
	}
	out.Protected = b.GetProtected()
	rules, _, err := g.api.Repositories.ListRulesForBranch(ctx, owner, name, url.PathEscape(branch), &gh.ListOptions{PerPage: 100})
	switch err = wrap(ctx, err); {
	case forge.IsCode(err, kit.NotFound): // older servers
	case err != nil:
		return out, err
	default:
		ruled(&out, rules)
	}
	if !out.Protected {
		return out, nil
	}
	var p gh.Protection
	switch err := g.read(ctx, repoPath(repo, "branches/"+url.PathEscape(branch)+"/protection"), nil, &p); {
	case forge.IsCode(err, kit.NotFound), forge.IsCode(err, kit.PermissionDenied):
		if checks := b.GetProtection().GetRequiredStatusChecks(); checks != nil {
			require(&out, forge.Value(checks.Contexts)...)
		}
		if rules == nil || len(out.RequiredChecks) == 0 && out.Approvals == 0 && out.Notes == nil {
			out.Notes = append(out.Notes, "it is protected; how, only administrators may see")
		}
	case err != nil:
		return out, err
	default:
		protected(&out, &p)
	}
	return out, nil
}

func ruled(out *forge.Rules, rules *gh.BranchRules) {
	for _, r := range rules.PullRequest {
		if r == nil {
			continue
		}
		out.Protected = true
		out.Approvals = max(out.Approvals, r.Parameters.RequiredApprovingReviewCount)
		note(out, r.Parameters.RequireCodeOwnerReview, "a code owner has to approve")
		note(out, r.Parameters.RequiredReviewThreadResolution, "all review threads have to be resolved")
		note(out, r.Parameters.RequireLastPushApproval, "the last push has to be approved by somebody else")
	}
	for _, r := range rules.RequiredStatusChecks {
		if r == nil {
			continue
		}
		out.Protected = true
		for _, c := range r.Parameters.RequiredStatusChecks {
			if c != nil {
				require(out, c.Context)
			}
		}
		note(out, r.Parameters.StrictRequiredStatusChecksPolicy, "the branch has to be up to date with its base")
	}
	note(out, len(rules.RequiredLinearHistory) > 0, "no merge commits")
	note(out, len(rules.RequiredSignatures) > 0, "commits have to be signed")
	note(out, len(rules.MergeQueue) > 0, "merges go through the merge queue")
}

func protected(out *forge.Rules, p *gh.Protection) {
	if r := p.RequiredPullRequestReviews; r != nil {
		out.Approvals = max(out.Approvals, r.RequiredApprovingReviewCount)
		note(out, r.RequireCodeOwnerReviews, "a code owner has to approve")
		note(out, r.RequireLastPushApproval, "the last push has to be approved by somebody else")
	}
	if c := p.RequiredStatusChecks; c != nil {
		require(out, forge.Value(c.Contexts)...)
		note(out, c.Strict, "the branch has to be up to date with its base")
	}
	note(out, p.RequiredConversationResolution != nil && p.RequiredConversationResolution.Enabled, "all review threads have to be resolved")
	note(out, p.RequireLinearHistory != nil && p.RequireLinearHistory.Enabled, "no merge commits")
	note(out, p.RequiredSignatures.GetEnabled(), "commits have to be signed")
	note(out, p.LockBranch.GetEnabled(), "it is locked: nobody may push")
}

func require(out *forge.Rules, checks ...string) {
	for _, name := range checks {
		if name != "" && !slices.Contains(out.RequiredChecks, name) {
			out.RequiredChecks = append(out.RequiredChecks, name)
		}
	}
}

func note(out *forge.Rules, on bool, text string) {
	if on && !slices.Contains(out.Notes, text) {
		out.Notes = append(out.Notes, text)
	}
}
