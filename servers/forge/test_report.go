package forge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type testReportArgs struct {
	Repo   string `arg:"repo,required" doc:"{repo}"`
	RunID  int    `arg:"run_id,required" min:"1" alias:"pipeline_id"`
	Status string `arg:"status" enum:"failed,skipped,all" default:"failed"`
	kit.Paging
}

type testReportHead struct {
	Summary string `json:"summary"`
}

type testRow struct {
	Status string `json:"status"`
	Job    string `json:"job,omitempty"`
	Class  string `json:"class,omitempty"`
	Name   string `json:"name"`
	File   string `json:"file,omitempty"`
	Took   string `json:"took,omitempty"`
	Recent int    `json:"recent_failures,omitempty"`
	Output string `json:"output,omitempty"`
}

// traceLines is the head of what a test that failed says.
const traceLines = 12

func (f *forge) getTestReport() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_test_report", Title: "Get test report", Description: "Tests of a {a run} that failed, and what they say.",
		Hints: kit.ReadWorld, Output: testReportHead{}, ListName: "tests", Toolset: setExtras, Example: `{"repo":"acme/web","run_id":12}`,
	}), func(ctx context.Context, a testReportArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		report, err := b.(TestReporter).TestReport(ctx, repo, int64(a.RunID))
		if err != nil {
			return nil, hinted(err, kit.NotFound, "%s", f.Nouns.say("list_{run}s repo="+repo+" has the ids"))
		}
		var rows []testRow
		counts := make(map[string]int)
		for _, one := range report.Tests {
			counts[one.Status]++
			failed := one.Status == "failure" || one.Status == "error"
			if a.Status == "all" || a.Status == "failed" && failed || a.Status == one.Status {
				rows = append(rows, newTestRow(one))
			}
		}
		head := testReportHead{Summary: fmt.Sprintf("%s: %d passed, %d failed, %d with errors, %d skipped",
			count(len(report.Tests), "test"), counts["success"], counts["failure"], counts["error"], counts["skipped"])}
		if report.Took > 0 {
			head.Summary += " in " + report.Took.Round(time.Second).String()
		}
		return kit.Records(head, kit.Slice(a.Paging, rows)).Untrusted().Narrow("use a smaller per_page"), nil
	})
}

func newTestRow(r TestResult) testRow {
	row := testRow{Status: r.Status, Job: r.Job, Class: r.Class, Name: short(r.Name, titleRunes), File: r.File, Recent: r.RecentFailures}
	if r.Took > 0 {
		row.Took = r.Took.Round(time.Millisecond).String()
	}
	trace := lines(strings.TrimSpace(r.Output))
	row.Output = strings.Join(trace[:min(len(trace), traceLines)], "\n")
	if more := len(trace) - traceLines; more > 0 {
		row.Output += "\n…(+" + count(more, "line") + ")"
	}
	row.Output = short(row.Output, 4*bodyRunes)
	return row
}
