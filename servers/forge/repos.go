package forge

import (
	"context"
	"slices"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

type repoRow struct {
	Repo          string `json:"repo"`
	Description   string `json:"description,omitempty"`
	DefaultBranch string `json:"default_branch,omitempty"`
	Language      string `json:"language,omitempty"`
	Private       bool   `json:"private,omitempty"`
	Archived      bool   `json:"archived,omitempty"`
	Fork          bool   `json:"fork,omitempty"`
	Stars         int    `json:"stars,omitempty"`
	OpenIssues    int    `json:"open_issues,omitempty"`
	Updated       string `json:"updated,omitempty"`
}

func newRepoRow(r Repo) repoRow {
	return repoRow{
		Repo: r.Path, Description: short(r.Description, titleRunes), DefaultBranch: r.DefaultBranch, Language: r.Language,
		Private: r.Private, Archived: r.Archived, Fork: r.Fork, Stars: r.Stars, OpenIssues: r.OpenIssues, Updated: when(r.Updated),
	}
}

type searchReposArgs struct {
	Query    string `arg:"query" doc:"words in the name or description; none: all that can be seen"`
	Owner    string `arg:"owner"`
	Sort     string `arg:"sort" enum:"updated,created,name,stars"`
	Archived *bool  `arg:"archived"`
	kit.Paging
}

func (f *forge) searchRepos() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "search_repos", Title: "Search repositories", Description: "Repositories by words and owner.",
		Hints: kit.ReadWorld, ListName: "repos", Example: `{"query":"web","owner":"acme"}`,
	}), func(ctx context.Context, a searchReposArgs) (*kit.Result, error) {
		get := func(at At) (List[Repo], error) {
			return f.backend(ctx).SearchRepos(ctx, RepoQuery{Text: a.Query, Owner: a.Owner, Sort: a.Sort, Archived: a.Archived}, at)
		}
		var page kit.Page[Repo]
		var err error
		if f.allowed == nil {
			page, err = fetch(ctx, f, a.Paging, get)
		} else {
			page, err = scan(ctx, f, a.Paging, get, func(r Repo) bool { return f.allowed.has(r.Path) })
		}
		if err != nil {
			return nil, err
		}
		return kit.Records(nil, convert(page, newRepoRow)).Untrusted().Narrow("narrow with query or owner"), nil
	})
}

// repoScreen is what one wants to know before working on a repository.
type repoScreen struct {
	Repo           string     `json:"repo"`
	URL            string     `json:"url,omitempty"`
	Description    string     `json:"description,omitempty"`
	DefaultBranch  string     `json:"default_branch,omitempty"`
	Private        bool       `json:"private,omitempty"`
	Archived       bool       `json:"archived,omitempty"`
	Empty          bool       `json:"empty,omitempty"`
	ForkOf         string     `json:"fork_of,omitempty"`
	Languages      []string   `json:"languages,omitempty"`
	Topics         []string   `json:"topics,omitempty"`
	OpenIssues     int        `json:"open_issues"`
	OpenPulls      int        `json:"open_pulls"`
	Stars          int        `json:"stars,omitempty"`
	LastCommit     *commitRow `json:"last_commit,omitempty"`
	Checks         string     `json:"checks,omitempty"`
	LatestRelease  string     `json:"latest_release,omitempty"`
	MergeMethods   []string   `json:"merge_methods,omitempty"`
	Protected      bool       `json:"protected,omitempty"`
	Approvals      int        `json:"required_approvals,omitempty"`
	RequiredChecks []string   `json:"required_checks,omitempty"`
	Rules          []string   `json:"rules,omitempty"`
	Warnings       []string   `json:"warnings,omitempty"`
}

type repoArgs struct {
	Repo string `arg:"repo,required" doc:"{repo}"`
}

func (f *forge) getRepo() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_repo", Title: "Get repository",
		Description: "One screen: languages, open counts, last commit and its CI, latest release, merge methods and rules of the default branch.",
		Hints:       kit.ReadWorld, Output: repoShape{}, Example: `{"repo":"acme/web"}`,
	}), func(ctx context.Context, a repoArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		r, err := b.GetRepo(ctx, repo)
		if err != nil {
			return nil, err
		}
		s := repoScreen{
			Repo: r.Path, URL: r.URL, Description: short(r.Description, bodyRunes), DefaultBranch: r.DefaultBranch,
			Private: r.Private, Archived: r.Archived, Empty: r.Empty, ForkOf: r.Parent, Topics: r.Topics,
			OpenIssues: r.OpenIssues, OpenPulls: r.OpenPulls, Stars: r.Stars, MergeMethods: r.MergeMethods,
		}
		if r.Empty {
			return kit.Record(s).Untrusted(), nil
		}
		if s.Warnings, err = f.repoDetails(ctx, b, repo, &s); err != nil {
			return nil, err
		}
		return kit.Record(s).Untrusted(), nil
	})
}

// repoDetails asks for what is not in the repository itself. What fails is a warning.
func (f *forge) repoDetails(ctx context.Context, b Backend, repo string, s *repoScreen) ([]string, error) {
	return upstream.Besides(ctx,
		task("languages", func(ctx context.Context) (err error) {
			s.Languages, err = b.Languages(ctx, repo)
			s.Languages = s.Languages[:min(len(s.Languages), 8)]
			return err
		}),
		task("last commit", func(ctx context.Context) error {
			list, err := b.ListCommits(ctx, repo, CommitFilter{Ref: s.DefaultBranch}, At{1, 1})
			if err == nil && len(list.Items) > 0 {
				row := newCommitRow(list.Items[0])
				s.LastCommit = &row
			}
			return err
		}),
		task("checks", func(ctx context.Context) error {
			checks, err := b.Checks(ctx, repo, s.DefaultBranch)
			s.Checks = verdict(checks)
			return err
		}),
		task("latest release", func(ctx context.Context) error {
			release, err := b.GetRelease(ctx, repo, "")
			if IsCode(err, kit.NotFound) {
				return nil
			}
			s.LatestRelease = release.Tag
			return err
		}),
		task("rules", func(ctx context.Context) error {
			rules, err := b.Rules(ctx, repo, s.DefaultBranch)
			s.Protected, s.Approvals, s.RequiredChecks, s.Rules = rules.Protected, rules.Approvals, rules.RequiredChecks, rules.Notes
			return err
		}),
	)
}

// verdict is what checks say together: the worst of them.
func verdict(checks []Check) string {
	if len(checks) == 0 {
		return ""
	}
	for _, state := range []string{"failure", "cancelled", "pending"} {
		if slices.ContainsFunc(checks, func(c Check) bool { return c.State == state }) {
			return state
		}
	}
	return "success"
}
