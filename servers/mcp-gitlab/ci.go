package main

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
)

const ciFile = ".gitlab-ci.yml"

// CheckConfig lets GitLab check what it is given, or what the project has at a
// ref, with all that it includes.
func (g *gitlab) CheckConfig(ctx context.Context, repo string, q forge.ConfigQuery) (forge.ConfigCheck, error) {
	file := q.Path
	if file != "" && q.Content == "" {
		f, err := g.GetFile(ctx, repo, q.Ref, file)
		if err != nil {
			return forge.ConfigCheck{}, err
		}
		q.Content = string(f.Content)
	}
	var result *gl.ProjectLintResult
	var err error
	if q.Content != "" {
		result, _, err = g.api.Validate.ProjectNamespaceLint(repo, &gl.ProjectNamespaceLintOptions{Content: &q.Content, Ref: ptr(q.Ref)}, in(ctx))
	} else {
		result, _, err = g.api.Validate.ProjectLint(repo, &gl.ProjectLintOptions{ContentRef: ptr(q.Ref)}, in(ctx))
	}
	if err != nil {
		return forge.ConfigCheck{}, wrap(ctx, err)
	}
	if file == "" {
		file = ciFile
	}
	out := forge.ConfigCheck{Files: []string{file}, Merged: result.MergedYaml}
	for _, include := range result.Includes {
		if include.Location != "" {
			out.Files = append(out.Files, include.Location)
		}
	}
	for _, text := range result.Errors {
		out.Problems = append(out.Problems, problem("error", file, text))
	}
	for _, text := range result.Warnings {
		out.Problems = append(out.Problems, problem("warning", file, text))
	}
	if !result.Valid && len(result.Errors) == 0 {
		out.Problems = append(out.Problems, problem("error", file, "GitLab says that it is not valid, and not why"))
	}
	return out, nil
}

var place = regexp.MustCompile(`(?:^\(?([^()\s:]+)\)?: .*)?\bat line (\d+)(?: column (\d+))?`)

// problem takes the place from the text, where it says one.
func problem(level, file, text string) forge.ConfigProblem {
	p := forge.ConfigProblem{Level: level, File: file, Text: text}
	if m := place.FindStringSubmatch(text); m != nil {
		p.Line, _ = strconv.Atoi(m[2])
		p.Column, _ = strconv.Atoi(m[3])
		if strings.Contains(m[1], ".") {
			p.File = m[1]
		}
	}
	return p
}

// TestReport puts the suites of all jobs together.
func (g *gitlab) TestReport(ctx context.Context, repo string, run int64) (forge.TestReport, error) {
	report, _, err := g.api.Pipelines.GetPipelineTestReport(repo, run, in(ctx))
	if err != nil {
		return forge.TestReport{}, wrap(ctx, err)
	}
	out := forge.TestReport{Took: seconds(report.TotalTime)}
	for _, suite := range report.TestSuites {
		if suite == nil {
			continue
		}
		for _, c := range suite.TestCases {
			if c == nil {
				continue
			}
			one := forge.TestResult{
				Job: suite.Name, Name: c.Name, Class: c.Classname, File: c.File, Status: testState(c.Status), Took: seconds(c.ExecutionTime), Output: output(c.SystemOutput, c.StackTrace),
			}
			if c.RecentFailures != nil {
				one.RecentFailures = int(c.RecentFailures.Count)
			}
			out.Tests = append(out.Tests, one)
		}
	}
	return out, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func testState(s string) string {
	if s == "failed" {
		return "failure"
	}
	return s
}

// output is a text, or an object that has texts.
func output(system any, trace string) string {
	var b strings.Builder
	var add func(any)
	add = func(v any) {
		switch v := v.(type) {
		case string:
			b.WriteString(v + "\n")
		case []any:
			for _, e := range v {
				add(e)
			}
		case map[string]any:
			for _, name := range []string{"message", "__content__"} {
				add(v[name])
			}
		}
	}
	add(system)
	if trace != "" && !strings.Contains(b.String(), trace) {
		b.WriteString(trace)
	}
	return strings.TrimSpace(b.String())
}
