package forge

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
)

type noticeRow struct {
	ID      string `json:"id"`
	Repo    string `json:"repo"`
	Kind    string `json:"kind,omitempty"`
	Number  int    `json:"number,omitempty"`
	Title   string `json:"title"`
	State   string `json:"state,omitempty"`
	Unread  bool   `json:"unread"`
	Updated string `json:"updated,omitempty"`
}

func (f *forge) listNotices() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_{notices}", Title: "List {notices}", Description: "What waits for us.",
		Hints: kit.ReadWorld, ListName: "items", Toolset: setExtras,
	}), func(ctx context.Context, a struct {
		All bool `arg:"all" doc:"those that were read, too"`
		kit.Paging
	}) (*kit.Result, error) {
		page, err := filtered(ctx, f, a.Paging, f.allowed == nil,
			func(at At) (List[Notice], error) { return f.backend(ctx).Notices(ctx, a.All, at) },
			func(n Notice) bool { return f.allowed.has(n.Repo) })
		if err != nil {
			return nil, err
		}
		return kit.Records(nil, convert(page, func(n Notice) noticeRow {
			return noticeRow{n.ID, n.Repo, n.Kind, n.Number, short(n.Title, titleRunes), n.State, n.Unread, when(n.Updated)}
		})).Untrusted(), nil
	})
}

type variableRow struct {
	Name        string `json:"name"`
	Scope       string `json:"scope,omitempty"`
	Protected   bool   `json:"protected,omitempty"`
	Masked      bool   `json:"masked,omitempty"`
	Description string `json:"description,omitempty"`
}

func (f *forge) listVariables() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_ci_variables", Title: "List CI variables", Description: "Names of CI variables, never their values.",
		Hints: kit.ReadWorld, ListName: "variables", Toolset: setExtras, Example: `{"repo":"acme/web"}`,
	}), func(ctx context.Context, a struct {
		Repo string `arg:"repo,required" doc:"{repo}"`
		kit.Paging
	}) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		page, err := fetch(ctx, f, a.Paging, func(at At) (List[Variable], error) { return b.Variables(ctx, repo, at) })
		if err != nil {
			return nil, err
		}
		return kit.Records(nil, convert(page, func(v Variable) variableRow {
			return variableRow{v.Name, v.Scope, v.Protected, v.Masked, short(v.Description, titleRunes)}
		})).Untrusted(), nil
	})
}

type repoMade struct {
	Changed bool   `json:"changed"`
	Repo    string `json:"repo"`
	URL     string `json:"url,omitempty"`
}

func (f *forge) createRepo() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "create_repo", Title: "Create repository", Description: "A repository with a first commit.",
		Hints: creates, Output: repoMade{}, Toolset: setAdmin, Example: `{"repo":"acme/notes"}`,
	}), func(ctx context.Context, a struct {
		Repo        string `arg:"repo,required" doc:"{repo}" alias:"name"`
		Description string `arg:"description"`
		Private     bool   `arg:"private" default:"true"`
		Branch      string `arg:"default_branch" default:"main"`
	}) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if err := refName("default_branch", a.Branch); err != nil {
			return nil, err
		}
		owner, name := splitRepo(repo)
		r, err := b.CreateRepo(ctx, NewRepo{Owner: owner, Name: name, Description: a.Description, DefaultBranch: a.Branch, Private: a.Private, Init: true})
		if err != nil {
			return nil, err
		}
		return kit.Record(repoMade{true, r.Path, r.URL}), nil
	})
}

func (f *forge) forkRepo() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "fork_repo", Title: "Fork repository", Description: "A fork, under our account or an organization.",
		Hints: creates, Output: repoMade{}, Toolset: setAdmin, Example: `{"repo":"acme/web"}`,
	}), func(ctx context.Context, a struct {
		Repo string `arg:"repo,required" doc:"{repo}"`
		To   string `arg:"to" doc:"organization"`
		Name string `arg:"name"`
	}) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		target := a.To
		if target == "" {
			me, err := b.Me(ctx)
			if err != nil {
				return nil, err
			}
			target = me.Login
		}
		_, name := splitRepo(repo)
		if a.Name != "" {
			name = a.Name
		}
		if _, err := f.repo(target + "/" + name); err != nil { // the fork is to be one of the allowed, too
			return nil, err
		}
		r, err := b.ForkRepo(ctx, repo, a.To, a.Name)
		if err != nil {
			return nil, err
		}
		return kit.Record(repoMade{true, r.Path, r.URL}), nil
	})
}
