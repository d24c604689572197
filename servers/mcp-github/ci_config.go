package main

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/servers/mcp-github/workflow"
)

const (
	workflowFolder = ".github/workflows"
	maxWorkflows   = 60
)

// CheckConfig checks workflows here: GitHub has no API for that.
func (g *github) CheckConfig(ctx context.Context, repo string, q forge.ConfigQuery) (forge.ConfigCheck, error) {
	var out forge.ConfigCheck
	if q.Content != "" {
		name := q.Path
		if name == "" {
			name = "content"
		}
		check(&out, name, q.Content)
		return out, nil
	}
	paths := []string{q.Path}
	if q.Path == "" {
		tree, err := g.Tree(ctx, repo, q.Ref, workflowFolder, false)
		if err != nil {
			return out, err
		}
		paths = nil
		for _, e := range tree.Entries {
			if e.Type == "file" && (strings.HasSuffix(e.Path, ".yml") || strings.HasSuffix(e.Path, ".yaml")) {
				paths = append(paths, e.Path)
			}
		}
		if len(paths) == 0 {
			return out, kit.Errorf(kit.NotFound, "%s has no workflow in %s", repo, workflowFolder).WithHint("path checks a file that is elsewhere, content one that is not there yet")
		}
		if len(paths) > maxWorkflows {
			out.Problems = append(out.Problems, forge.ConfigProblem{Level: "warning", Text: "there are more files than are checked at once: name the others with path"})
			paths = paths[:maxWorkflows]
		}
	}
	texts := make([]string, len(paths))
	var ask []func(context.Context) error
	for i, path := range paths {
		ask = append(ask, func(ctx context.Context) error {
			file, err := g.GetFile(ctx, repo, q.Ref, path)
			texts[i] = string(file.Content)
			return err
		})
	}
	if err := upstream.All(ctx, ask...); err != nil {
		return out, err
	}
	for i, path := range paths {
		check(&out, path, texts[i])
	}
	return out, nil
}

func check(out *forge.ConfigCheck, path, text string) {
	out.Files = append(out.Files, path)
	for _, p := range workflow.Check(text) {
		out.Problems = append(out.Problems, forge.ConfigProblem{Level: p.Level, File: path, Line: p.Line, Column: p.Column, Text: p.Text})
	}
}
