package forge

import (
	"context"

	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
)

type pullDiffArgs struct {
	Repo    string   `arg:"repo,required" doc:"{repo}"`
	Number  int      `arg:"number,required" min:"1"`
	Files   []string `arg:"files" doc:"globs" alias:"include,paths,path"`
	Exclude []string `arg:"exclude" doc:"globs; default: lock files, vendored, generated"`
	Context int      `arg:"context,clamp" default:"3" min:"0" max:"3" doc:"lines around a change"`
	Resume  string   `arg:"resume" doc:"from next_args"`
}

type pullDiffMeta struct {
	Number int    `json:"number"`
	Head   string `json:"head_sha"`
	Base   string `json:"base"`
	*diffMeta
}

func (f *forge) getPullDiff() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_{pull}_diff", Title: "Get {pull request} diff", Description: "Table of all files with what is left out and why, then whole hunks.",
		Hints: kit.ReadWorld, Example: `{"repo":"acme/web","number":7,"files":["*.go"]}`,
	}), func(ctx context.Context, a pullDiffArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		p, err := f.pull(ctx, b, repo, a.Number)
		if err != nil {
			return nil, err
		}
		diff, err := b.PullDiff(ctx, repo, a.Number)
		if err != nil {
			return nil, err
		}
		want := diffQuery{
			tool: "diff", key: repo + " " + itoa(a.Number) + " " + p.HeadSHA, include: a.Files, exclude: a.Exclude,
			usual: true, context: a.Context, resume: a.Resume,
		}
		text, diffed, err := want.render(patch.Parse(diff))
		if err != nil {
			return nil, err
		}
		meta := pullDiffMeta{Number: p.Number, Head: p.HeadSHA, Base: p.Base, diffMeta: diffed}
		return kit.Payload(meta, text).Untrusted().Narrow("narrow with files"), nil
	})
}
