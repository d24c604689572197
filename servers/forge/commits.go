package forge

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
)

type commitRow struct {
	SHA     string `json:"sha"`
	Date    string `json:"date,omitempty"`
	Author  string `json:"author,omitempty"`
	Subject string `json:"subject"`
}

func newCommitRow(c Commit) commitRow {
	return commitRow{SHA: sha12(c.SHA), Date: when(c.Date), Author: c.Author, Subject: firstLine(c.Message)}
}

type listCommitsArgs struct {
	Repo   string `arg:"repo,required" doc:"{repo}"`
	Ref    string `arg:"ref"`
	Path   string `arg:"path"`
	Author string `arg:"author"`
	Since  string `arg:"since"`
	Until  string `arg:"until"`
	kit.Fields
	kit.Paging
}

func (f *forge) listCommits() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_commits", Title: "List commits", Description: "Commits of a ref, the newest first.",
		Hints: kit.ReadWorld, ListName: "commits", Example: `{"repo":"acme/web","path":"go.mod","since":"7d"}`,
	}), func(ctx context.Context, a listCommitsArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		filter := CommitFilter{Ref: a.Ref, Author: a.Author}
		if filter.Path, err = filePath(a.Path); err != nil {
			return nil, err
		}
		if err := refName("ref", a.Ref); err != nil {
			return nil, err
		}
		if filter.Since, err = f.time("since", a.Since); err != nil {
			return nil, err
		}
		if filter.Until, err = f.time("until", a.Until); err != nil {
			return nil, err
		}
		page, err := f.commitPage(ctx, b, repo, filter, a.Paging)
		if err != nil {
			return nil, f.unknownRef(ctx, b, repo, err, "", a.Ref)
		}
		return kit.Records(nil, convert(page, newCommitRow)).Untrusted().Narrow("narrow with path or since"), nil
	})
}

// commitPage filters by author where the forge may not.
func (f *forge) commitPage(ctx context.Context, b Backend, repo string, filter CommitFilter, p kit.Paging) (kit.Page[Commit], error) {
	get := func(at At) (List[Commit], error) { return b.ListCommits(ctx, repo, filter, at) }
	if filter.Author == "" {
		return fetch(ctx, f, p, get)
	}
	return scan(ctx, f, p, get, func(c Commit) bool {
		return strings.EqualFold(c.Author, filter.Author) || strings.EqualFold(c.Email, filter.Author) ||
			strings.Contains(strings.ToLower(c.Author), strings.ToLower(filter.Author))
	})
}

type getCommitArgs struct {
	Repo   string   `arg:"repo,required" doc:"{repo}"`
	SHA    string   `arg:"sha,required" alias:"ref,commit"`
	Detail string   `arg:"detail" enum:"stat,patch" default:"stat"`
	Paths  []string `arg:"paths" doc:"globs: files of the patch" alias:"path,files"`
	Resume string   `arg:"resume" doc:"from next_args"`
}

type commitMeta struct {
	SHA     string   `json:"sha"`
	Date    string   `json:"date,omitempty"`
	Author  string   `json:"author,omitempty"`
	Email   string   `json:"email,omitempty"`
	Parents []string `json:"parents,omitempty"`
	URL     string   `json:"url,omitempty"`
	Checks  string   `json:"checks,omitempty"`
	*diffMeta
}

func (f *forge) getCommit() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_commit", Title: "Get commit", Description: "A commit: message, changed files, and with detail=patch its diff.",
		Hints: kit.ReadWorld, Example: `{"repo":"acme/web","sha":"4f2a9c1","detail":"patch"}`,
	}), func(ctx context.Context, a getCommitArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if err := refName("sha", a.SHA); err != nil {
			return nil, err
		}
		c, err := b.GetCommit(ctx, repo, a.SHA)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "list_commits repo=%s has the commits", repo)
		}
		diff, err := b.CommitDiff(ctx, repo, c.SHA)
		if err != nil {
			return nil, err
		}
		meta := commitMeta{SHA: c.SHA, Date: when(c.Date), Author: c.Author, Email: c.Email, Parents: c.Parents, URL: c.URL}
		if checks, err := b.Checks(ctx, repo, c.SHA); err == nil {
			meta.Checks = verdict(checks)
		}
		want := diffQuery{tool: "get_commit", key: repo + " " + c.SHA, include: a.Paths, resume: a.Resume, stat: a.Detail == "stat", context: -1}
		text, diffed, err := want.render(patch.Parse(diff))
		if err != nil {
			return nil, err
		}
		meta.diffMeta = diffed
		if a.Resume == "" {
			text = strings.TrimSpace(c.Message) + "\n\n" + text
		}
		return kit.Payload(meta, text).Untrusted().Narrow("narrow with paths"), nil
	})
}

type compareArgs struct {
	Repo    string   `arg:"repo,required" doc:"{repo}"`
	Base    string   `arg:"base,required"`
	Head    string   `arg:"head,required"`
	Patch   bool     `arg:"patch"`
	Include []string `arg:"include" doc:"globs of files for the patch" alias:"paths,path,files"`
	Exclude []string `arg:"exclude" doc:"globs to leave out"`
	Resume  string   `arg:"resume" doc:"from next_args"`
}

type compareMeta struct {
	Base    string `json:"base"`
	Head    string `json:"head"`
	Commits int    `json:"commits"`
	*diffMeta
	Note string `json:"note,omitempty"`
}

const compareCommits = 50 // that are listed

func (f *forge) compareRefs() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "compare_refs", Title: "Compare refs", Description: "Commits and files that head has and base has not, with patch=true the diff.",
		Hints: kit.ReadWorld, Toolset: setExtras, Example: `{"repo":"acme/web","base":"v1.0.0","head":"main"}`,
	}), func(ctx context.Context, a compareArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		for what, ref := range map[string]string{"base": a.Base, "head": a.Head} {
			if err := refName(what, ref); err != nil {
				return nil, err
			}
		}
		c, err := b.Compare(ctx, repo, a.Base, a.Head, a.Patch)
		if err != nil {
			return nil, f.unknownRef(ctx, b, repo, err, "", a.Base, a.Head)
		}
		meta := compareMeta{Base: c.Base, Head: c.Head, Commits: max(c.Total, len(c.Commits)), Note: c.Note}
		var body strings.Builder
		if a.Resume == "" {
			shown := c.Commits[max(0, len(c.Commits)-compareCommits):]
			if len(shown) < meta.Commits {
				body.WriteString("[the newest " + itoa(len(shown)) + " of " + itoa(meta.Commits) + " commits]\n")
			}
			for _, one := range shown {
				body.WriteString(sha12(one.SHA) + "\t" + when(one.Date) + "\t" + one.Author + "\t" + firstLine(one.Message) + "\n")
			}
			body.WriteByte('\n')
		}
		files := patch.Parse(c.Diff)
		if !a.Patch && files == nil {
			for _, one := range c.Files {
				files = append(files, patch.File{Path: one.Path, Old: one.Old, Status: one.Status, Additions: one.Additions, Deletions: one.Deletions})
			}
		}
		want := diffQuery{
			tool: "compare_refs", key: repo + " " + c.Base + " " + c.Head, include: a.Include, exclude: a.Exclude, resume: a.Resume,
			stat: !a.Patch, context: -1, before: body.Len(),
		}
		text, diffed, err := want.render(files)
		if err != nil {
			return nil, err
		}
		meta.diffMeta = diffed
		body.WriteString(text)
		return kit.Payload(meta, body.String()).Untrusted().Narrow("narrow with include"), nil
	})
}
