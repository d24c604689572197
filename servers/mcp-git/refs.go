package main

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

type refsHead struct {
	Repo    string `json:"repo"`
	Current string `json:"current,omitempty"` // branch
}

type refRow struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	SHA      string `json:"sha"`
	Date     string `json:"date,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Upstream string `json:"upstream,omitempty"`
}

var refTypes = map[string][]repo.RefType{
	"":       {repo.Branches, repo.Tags, repo.RemoteBranches},
	"branch": {repo.Branches},
	"tag":    {repo.Tags},
	"remote": {repo.RemoteBranches},
}

var refTypeNames = map[repo.RefType]string{repo.Branches: "branch", repo.Tags: "tag", repo.RemoteBranches: "remote"}

func (rs *repositories) listRefs() kit.Tool {
	type args struct {
		inRepo
		Type   string `arg:"type" enum:"branch,tag,remote" alias:"kind"`
		Filter string `arg:"filter" doc:"part of the name, or a glob" alias:"query,pattern"`
		kit.Paging
	}
	return newTool(rs, kit.Def{
		Name:        "list_refs",
		Title:       "List branches and tags",
		Description: "Branches and tags, newest first.",
		Output:      refsHead{},
		ListName:    "refs",
	}, func(ctx context.Context, r *repo.Repo, a args) (*kit.Result, error) {
		refs, err := r.Refs(ctx, refTypes[a.Type]...)
		if err != nil {
			return nil, err
		}
		head := refsHead{Repo: r.Root()}
		if i := slices.IndexFunc(refs, func(ref repo.Ref) bool { return ref.Current }); i >= 0 {
			head.Current = refs[i].Name
		}
		var rows []refRow
		for _, ref := range refs {
			if nameMatches(a.Filter, ref.Name) {
				rows = append(rows, refRow{
					Name: ref.Name, Type: refTypeNames[ref.Type], SHA: short(ref.SHA),
					Date: when(ref.Date), Subject: kit.Shorten(ref.Subject, 120), Upstream: ref.Upstream,
				})
			}
		}
		return kit.Records(head, kit.Slice(a.Paging, rows)).Untrusted().Narrow("narrow with filter or type"), nil
	})
}

// nameMatches says whether name contains filter, or matches it as a glob.
func nameMatches(filter, name string) bool {
	if !strings.ContainsAny(filter, "*?[") {
		return strings.Contains(strings.ToLower(name), strings.ToLower(filter))
	}
	for _, candidate := range []string{name, path.Base(name)} {
		if ok, _ := path.Match(filter, candidate); ok {
			return true
		}
	}
	return false
}
