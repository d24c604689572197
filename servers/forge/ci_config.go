package forge

import (
	"context"
	"slices"

	"github.com/loom-core/loom/servers/kit"
)

type checkConfigArgs struct {
	Repo    string `arg:"repo,required" doc:"{repo}"`
	Ref     string `arg:"ref" doc:"where the files are read"`
	Path    string `arg:"path" doc:"one file; none: all of CI"`
	Content string `arg:"content,raw" doc:"text to check instead"`
	From    int    `arg:"merged_from" min:"0" doc:"where a long merged text goes on"`
}

type configScreen struct {
	Valid    bool         `json:"valid"`
	Files    []string     `json:"files,omitempty"`
	Problems []problemRow `json:"problems"`
	Merged   string       `json:"merged,omitempty"`
	Warnings []string     `json:"warnings,omitempty"`
}

type problemRow struct {
	Level  string `json:"level"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"`
}

type configShape struct {
	Valid    bool         `json:"valid"`
	Problems []problemRow `json:"problems"`
}

// maxProblems of an answer: who has more has one cause for most of them.
const maxProblems = 50

func (f *forge) checkConfig() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "check_ci_config", Title: "Check CI config", Description: "Whether the configuration of CI is valid, and where it is not. Nothing is run.",
		Hints: kit.ReadWorld, Output: configShape{}, Toolset: setExtras, Example: `{"repo":"acme/web","ref":"main"}`,
	}), func(ctx context.Context, a checkConfigArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if err := refName("ref", a.Ref); err != nil {
			return nil, err
		}
		name, err := filePath(a.Path)
		if err != nil {
			return nil, err
		}
		check, err := b.(ConfigChecker).CheckConfig(ctx, repo, ConfigQuery{Ref: a.Ref, Path: name, Content: a.Content})
		if err != nil {
			return nil, hinted(err, kit.NotFound, "list_files repo=%s recursive=true shows what is there", repo)
		}
		s := configScreen{Files: check.Files, Problems: []problemRow{}}
		s.Valid = !slices.ContainsFunc(check.Problems, func(p ConfigProblem) bool { return p.Level == "error" })
		for _, p := range check.Problems[:min(len(check.Problems), maxProblems)] {
			s.Problems = append(s.Problems, problemRow{p.Level, p.File, p.Line, p.Column, short(p.Text, bodyRunes)})
		}
		if more := len(check.Problems) - maxProblems; more > 0 {
			s.Warnings = append(s.Warnings, "there are "+itoa(more)+" problems more; mend these first")
		}
		var rest []string
		s.Merged, rest = partOf("merged text", "merged_from", check.Merged, a.From)
		s.Warnings = append(s.Warnings, rest...)
		return kit.Record(s).Untrusted(), nil
	})
}
