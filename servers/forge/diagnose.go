package forge

import (
	"context"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/forge/joblog"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// diagnosis is why a run is red.
type diagnosis struct {
	Summary  string       `json:"summary"`
	RunID    int64        `json:"run_id"`
	Workflow string       `json:"workflow,omitempty"`
	Status   string       `json:"status"`
	Ref      string       `json:"ref,omitempty"`
	SHA      string       `json:"sha"`
	Title    string       `json:"title,omitempty"`
	URL      string       `json:"url,omitempty"`
	Jobs     string       `json:"jobs,omitempty"`
	Failures []failureRow `json:"failures,omitempty"`
	History  *history     `json:"history,omitempty"`
	Flaky    string       `json:"flaky,omitempty"`
	Suspects []suspectRow `json:"suspects,omitempty"`
	Warnings []string     `json:"warnings,omitempty"`
}

type failureRow struct {
	Job   string `json:"job"`
	JobID int64  `json:"job_id"`
	Step  string `json:"step,omitempty"`
	Cause string `json:"cause,omitempty"`
	Lines string `json:"log_lines,omitempty"`
	Log   string `json:"log,omitempty"`
}

// history is where it broke.
type history struct {
	LastGood string      `json:"last_good,omitempty"`
	GoodRun  int64       `json:"last_good_run,omitempty"`
	FirstBad string      `json:"first_bad,omitempty"`
	BadRun   int64       `json:"first_bad_run,omitempty"`
	Commits  []commitRow `json:"commits,omitempty"`
	More     int         `json:"more_commits,omitempty"`
}

type suspectRow struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

const (
	errorLines    = 30
	maxFailures   = 5 // whose logs are read
	maxSuspects   = 10
	historyShown  = 10
	errorLogRunes = 4000
	// failureBytes is what is read of each log: a job fails at its end.
	failureBytes = 8 << 20
)

func (f *forge) diagnoseRun() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "diagnose_{short run}", Title: "Diagnose {a run}",
		Description: "Why CI is red, in one call: failed jobs and steps with their last error, first bad commit against the last green one, flaky or not, changed files that the error names.",
		Hints:       kit.ReadWorld, Output: diagnosisShape{}, Example: `{"repo":"acme/web","number":7}`,
	}), func(ctx context.Context, a getRunArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		run, err := f.findRun(ctx, b, repo, a, "failure")
		if err != nil {
			return nil, err
		}
		d := diagnosis{
			RunID: run.ID, Workflow: run.Workflow, Status: run.Status, Ref: run.Branch, SHA: sha12(run.SHA), Title: firstLine(run.Title), URL: run.URL,
		}
		if err := f.diagnose(ctx, b, repo, run, &d); err != nil {
			return nil, err
		}
		d.Summary = d.summarize()
		return kit.Record(d).Untrusted().Narrow("see get_job_logs for the whole log"), nil
	})
}

// diagnose asks for jobs and history together, then for the logs.
func (f *forge) diagnose(ctx context.Context, b Backend, repo string, run Run, d *diagnosis) error {
	var jobs []Job
	var runs []Run
	jobs, err := b.Jobs(ctx, repo, run.ID)
	if err != nil {
		return err
	}
	d.Jobs = tally(jobs)
	failed := slices.DeleteFunc(slices.Clone(jobs), func(j Job) bool { return j.Status != "failure" || j.AllowFailure })
	if len(failed) == 0 { // cancelled, or only what is allowed to fail
		failed = slices.DeleteFunc(slices.Clone(jobs), func(j Job) bool { return j.Status != "failure" })
	}
	if len(failed) > maxFailures {
		d.Warnings = append(d.Warnings, "the logs of "+itoa(maxFailures)+" of "+itoa(len(failed))+" failed jobs were read")
		failed = failed[:maxFailures]
	}
	if run.Status == "success" && len(failed) == 0 {
		return nil
	}
	d.Failures = make([]failureRow, len(failed))
	tasks := []upstream.Task{task("history", func(ctx context.Context) (err error) {
		runs, err = f.newestRuns(ctx, b, repo, RunFilter{Ref: run.Branch, Workflow: run.Workflow})
		return err
	})}
	for i, j := range failed {
		d.Failures[i] = failureRow{Job: j.Name, JobID: j.ID, Cause: j.Reason}
		if step := failedStep(j); step != nil {
			d.Failures[i].Step = step.Name
		}
		tasks = append(tasks, task("log of "+j.Name, func(ctx context.Context) error {
			raw, err := b.JobLog(ctx, repo, j.ID, failureBytes)
			if err == nil {
				explain(&d.Failures[i], j, raw)
			}
			return err
		}))
	}
	warnings, err := upstream.Besides(ctx, tasks...)
	if err != nil {
		return err
	}
	d.Warnings = append(d.Warnings, warnings...)
	return f.blame(ctx, b, repo, run, runs, d)
}

// explain takes from the log what the job failed of.
func explain(row *failureRow, j Job, raw RawLog) {
	list := joblog.Parse(string(raw.Text), raw.Skipped > 0)
	part := list
	if step := failedStep(j); step != nil {
		if of := j.linesOf(list, *step); of != nil {
			part = of
		}
	}
	block := joblog.Block(part, errorLines)
	if len(block) == 0 {
		return
	}
	if cause := joblog.Cause(block); cause != "" {
		row.Cause = short(cause, bodyRunes)
	}
	if row.Step == "" {
		row.Step = block[len(block)-1].Step // GitLab's marks are in the log alone
	}
	row.Lines = itoa(block[0].Number) + "-" + itoa(block[len(block)-1].Number) + " of " + itoa(len(list))
	row.Log = short(joblog.Text(block, false, nil), errorLogRunes)
}

// blame finds where it broke, and what of that the error names.
func (f *forge) blame(ctx context.Context, b Backend, repo string, run Run, runs []Run, d *diagnosis) error {
	good, bad := around(run, runs)
	d.Flaky = flaky(run, runs)
	if good == nil {
		if runs != nil {
			d.Warnings = append(d.Warnings, "no green run of it is known on "+run.Branch)
		}
		return nil
	}
	d.History = &history{LastGood: sha12(good.SHA), GoodRun: good.ID, FirstBad: sha12(bad.SHA), BadRun: bad.ID}
	if good.SHA == bad.SHA {
		return nil
	}
	c, err := b.Compare(ctx, repo, good.SHA, bad.SHA, false)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		d.Warnings = append(d.Warnings, "comparing "+sha12(good.SHA)+" and "+sha12(bad.SHA)+": "+err.Error())
		return nil
	}
	for _, one := range c.Commits[:min(len(c.Commits), historyShown)] {
		d.History.Commits = append(d.History.Commits, newCommitRow(one))
	}
	d.History.More = max(c.Total, len(c.Commits)) - len(d.History.Commits)
	d.Suspects = suspects(c, d.Failures)
	return nil
}

// around is the last green run before run, and the first red one after that.
func around(run Run, runs []Run) (good, bad *Run) {
	bad = &run
	for i := range runs { // the newest first
		r := &runs[i]
		if r.ID >= run.ID || !sameWorkflow(r.Workflow, run.Workflow) {
			continue
		}
		switch r.Status {
		case "success":
			return r, bad
		case "failure":
			bad = r
		}
	}
	return nil, bad
}

// flaky says what makes it likely that the same would pass again.
func flaky(run Run, runs []Run) string {
	passed, failed := 0, 0
	for _, r := range runs {
		if r.SHA != run.SHA || !sameWorkflow(r.Workflow, run.Workflow) || r.ID == run.ID {
			continue
		}
		switch r.Status {
		case "success":
			passed++
		case "failure":
			failed++
		}
	}
	switch {
	case passed > 0:
		return "likely: the same commit passed in " + count(passed, "other run")
	case run.Attempt > 1:
		return "unlikely: it failed again in attempt " + itoa(run.Attempt)
	case failed > 0:
		return "unlikely: the same commit failed in " + count(failed, "other run") + " too"
	}
	return ""
}

// suspects are the changed files that the errors name, by their path or by
// their name alone.
func suspects(c Comparison, failures []failureRow) []suspectRow {
	var log strings.Builder
	for _, row := range failures {
		log.WriteString(row.Cause + "\n" + row.Log + "\n")
	}
	text := strings.ToLower(log.String())
	var named, likely []suspectRow
	for _, file := range c.changed() {
		path := strings.ToLower(file.Path)
		base := path[strings.LastIndexByte(path, '/')+1:]
		stem, _, _ := strings.Cut(strings.NewReplacer("_test.", ".", ".test.", ".", ".spec.", ".", "test_", "").Replace(base), ".")
		switch {
		case strings.Contains(text, path):
			named = append(named, suspectRow{file.Path, "the error names it"})
		case len(base) > 4 && strings.Contains(text, base):
			named = append(named, suspectRow{file.Path, "the error names a file called so"})
		case len(stem) > 3 && strings.Contains(text, stem):
			likely = append(likely, suspectRow{file.Path, "the error has its name in it"})
		}
	}
	named = append(named, likely...)
	return named[:min(len(named), maxSuspects)]
}

func tally(jobs []Job) string {
	counts := make(map[string]int)
	for _, j := range jobs {
		counts[j.Status]++
	}
	var parts []string
	for _, status := range []string{"failure", "cancelled", "running", "queued", "success", "skipped"} {
		if counts[status] > 0 {
			parts = append(parts, itoa(counts[status])+" "+status)
		}
	}
	return strings.Join(parts, ", ")
}

// summarize is the diagnosis in one sentence.
func (d *diagnosis) summarize() string {
	if d.Status == "success" && len(d.Failures) == 0 {
		return "the run is green"
	}
	if len(d.Failures) == 0 {
		return "the run is " + d.Status + ", and no job of it failed"
	}
	row := d.Failures[0]
	text := row.Job
	if row.Step != "" {
		text += ", step " + row.Step
	}
	text += ": "
	if row.Cause == "" {
		row.Cause = "failed, the log does not say why"
	}
	text += row.Cause
	if n := len(d.Failures) - 1; n > 0 {
		text += " (and " + count(n, "more failed job") + ")"
	}
	if h := d.History; h != nil && h.FirstBad != "" {
		text += "; red since " + h.FirstBad + ", green at " + h.LastGood
	}
	return text
}
