package forge

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
)

type releaseRow struct {
	Tag        string `json:"tag"`
	Name       string `json:"name,omitempty"`
	Draft      bool   `json:"draft,omitempty"`
	Prerelease bool   `json:"prerelease,omitempty"`
	Author     string `json:"author,omitempty"`
	Published  string `json:"published,omitempty"`
	Assets     int    `json:"assets,omitempty"`
}

func (f *forge) listReleases() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_releases", Title: "List releases", Description: "Releases, the newest first.",
		Hints: kit.ReadWorld, ListName: "releases", Toolset: setReleases, Example: `{"repo":"acme/web"}`,
	}), func(ctx context.Context, a struct {
		Repo string `arg:"repo,required" doc:"{repo}"`
		kit.Paging
	}) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		page, err := fetch(ctx, f, a.Paging, func(at At) (List[Release], error) { return b.ListReleases(ctx, repo, at) })
		if err != nil {
			return nil, err
		}
		return kit.Records(nil, convert(page, func(r Release) releaseRow {
			return releaseRow{r.Tag, firstLine(r.Name), r.Draft, r.Prerelease, r.Author, when(r.Published), len(r.Assets)}
		})).Untrusted(), nil
	})
}

type releaseScreen struct {
	releaseRow
	Changed bool       `json:"changed,omitempty"` // of a tool that made it
	Commit  string     `json:"commit,omitempty"`
	URL     string     `json:"url,omitempty"`
	Body    string     `json:"body,omitempty"`
	Files   []assetRow `json:"files,omitempty"`
	Notes   []string   `json:"warnings,omitempty"`
}

type assetRow struct {
	Name      string `json:"name"`
	Size      int64  `json:"size"`
	Downloads int    `json:"downloads,omitempty"`
}

func newReleaseScreen(r Release, from int) releaseScreen {
	s := releaseScreen{
		releaseRow: releaseRow{r.Tag, r.Name, r.Draft, r.Prerelease, r.Author, when(r.Published), len(r.Assets)}, Commit: r.Commit, URL: r.URL,
	}
	s.Body, s.Notes = bodyPart(r.Body, from)
	for _, a := range r.Assets {
		s.Files = append(s.Files, assetRow(a))
	}
	return s
}

func (f *forge) getRelease() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_release", Title: "Get release", Description: "The latest release, or that of a tag.",
		Hints: kit.ReadWorld, Output: releaseShape{}, Toolset: setReleases, Example: `{"repo":"acme/web"}`,
	}), func(ctx context.Context, a struct {
		Repo string `arg:"repo,required" doc:"{repo}"`
		Tag  string `arg:"tag"`
		From int    `arg:"body_from" min:"0" doc:"where a long text goes on"`
	}) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if a.Tag == "latest" {
			a.Tag = ""
		}
		if err := refName("tag", a.Tag); err != nil {
			return nil, err
		}
		r, err := b.GetRelease(ctx, repo, a.Tag)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "list_releases repo=%s has them, drafts too", repo)
		}
		s := newReleaseScreen(r, a.From)
		s.Commit = releaseCommit(ctx, b, repo, r)
		return kit.Record(s).Untrusted(), nil
	})
}

// releaseCommit is the commit of the tag. Some forges say the branch from which
// that was made, which has moved since; a draft may have no tag yet.
func releaseCommit(ctx context.Context, b Backend, repo string, r Release) string {
	if IsSHA(r.Commit) || r.Draft {
		return r.Commit
	}
	commit, err := b.Resolve(ctx, repo, r.Tag)
	if err != nil {
		return "" // it is no more than a help
	}
	return commit
}

type createReleaseArgs struct {
	Repo       string `arg:"repo,required" doc:"{repo}"`
	Tag        string `arg:"tag,required"`
	Target     string `arg:"target" doc:"branch or sha for a tag that is new"`
	Name       string `arg:"name" alias:"title"`
	Notes      string `arg:"notes,raw" alias:"body"`
	Generate   bool   `arg:"generate_notes"`
	Draft      bool   `arg:"draft"`
	Prerelease bool   `arg:"prerelease"`
}

func (f *forge) createRelease() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "create_release", Title: "Create release", Description: "A release, and its tag if that is new.",
		Hints: creates, Output: releaseShape{}, Toolset: setReleases, Example: `{"repo":"acme/web","tag":"v1.2.0","notes":"Faster."}`,
	}), func(ctx context.Context, a createReleaseArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		for what, ref := range map[string]string{"tag": a.Tag, "target": a.Target} {
			if err := refName(what, ref); err != nil {
				return nil, err
			}
		}
		notes := a.Notes
		var warnings []string
		if a.Generate && !f.Features.ReleaseNotes {
			text, err := f.releaseNotes(ctx, b, repo, a)
			if err != nil {
				return nil, err
			}
			if notes != "" {
				notes += "\n\n"
			}
			notes += text
			warnings = append(warnings, "the forge writes no notes; these are the subjects of the commits since the release before")
		}
		r, err := b.CreateRelease(ctx, repo, NewRelease{
			Tag: a.Tag, Target: a.Target, Name: a.Name, Body: notes, Draft: a.Draft, Prerelease: a.Prerelease, Notes: a.Generate && f.Features.ReleaseNotes,
		})
		if err != nil {
			return nil, hinted(err, kit.Conflict, "there is a release of %s; take another tag", a.Tag)
		}
		s := newReleaseScreen(r, 0)
		s.Commit = releaseCommit(ctx, b, repo, r)
		s.Changed, s.Notes = true, append(s.Notes, warnings...)
		return kit.Record(s).Untrusted(), nil
	})
}

const notesCommits = 200

// releaseNotes are the subjects of the commits since the release before.
func (f *forge) releaseNotes(ctx context.Context, b Backend, repo string, a createReleaseArgs) (string, error) {
	target := a.Target
	if target == "" {
		r, err := b.GetRepo(ctx, repo)
		if err != nil {
			return "", err
		}
		target = r.DefaultBranch
		if _, err := b.Resolve(ctx, repo, a.Tag); err == nil {
			target = a.Tag
		}
	}
	var commits []Commit
	before, err := b.GetRelease(ctx, repo, "")
	switch {
	case err == nil:
		c, err := b.Compare(ctx, repo, before.Tag, target, false)
		if err != nil {
			return "", err
		}
		commits = c.Commits
	case IsCode(err, kit.NotFound):
		if commits, _, err = all(ctx, f, notesCommits, func(at At) (List[Commit], error) { return b.ListCommits(ctx, repo, CommitFilter{Ref: target}, at) }); err != nil {
			return "", err
		}
	default:
		return "", err
	}
	text := ""
	for _, c := range commits[:min(len(commits), notesCommits)] {
		text += "- " + firstLine(c.Message) + " (" + sha12(c.SHA) + ")\n"
	}
	if n := len(commits) - notesCommits; n > 0 {
		text += "- and " + count(n, "more commit") + "\n"
	}
	return text, nil
}
