package forge

import (
	"context"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/forge/joblog"
	"github.com/loom-core/loom/servers/kit"
)

type getLogsArgs struct {
	Repo    string `arg:"repo,required" doc:"{repo}"`
	JobID   int    `arg:"job_id" min:"1"`
	RunID   int    `arg:"run_id" min:"1"`
	Job     string `arg:"job" doc:"name or glob, with run_id; none: the failed ones"`
	Step    string `arg:"step" doc:"name or number"`
	Tail    int    `arg:"tail,clamp" default:"150" min:"1" max:"2000" doc:"lines"`
	Start   int    `arg:"start_line" min:"1" doc:"tail lines from there"`
	Grep    string `arg:"grep" doc:"regex" alias:"filter"`
	Context int    `arg:"context_lines,clamp" default:"2" min:"0" max:"20"`
}

type logMeta struct {
	Job      string         `json:"job"`
	JobID    int64          `json:"job_id"`
	Status   string         `json:"status"`
	Step     string         `json:"step,omitempty"`
	Lines    int            `json:"total_lines"`
	Shown    []int          `json:"lines,omitempty"`
	Matches  *int           `json:"matches,omitempty"`
	Skipped  int64          `json:"skipped_bytes,omitempty"`
	Earlier  map[string]any `json:"earlier_args,omitempty"`
	NextArgs map[string]any `json:"next_args,omitempty"`
	Others   []string       `json:"other_jobs,omitempty"`
	Notes    []string       `json:"notes,omitempty"`
}

// logBytes is what is read of a log: its end.
const logBytes = 64 << 20

func (f *forge) getJobLogs() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_job_logs", Title: "Get job logs", Description: "Log of a job, its end first: clean, numbered lines, by step or regex.",
		Hints: kit.ReadWorld, Example: `{"repo":"acme/web","run_id":12,"grep":"FAIL"}`,
	}), func(ctx context.Context, a getLogsArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		job, others, err := f.findJob(ctx, b, repo, a)
		if err != nil {
			return nil, err
		}
		raw, err := b.JobLog(ctx, repo, job.ID, logBytes)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "the job is %s; a log is there once it runs, and is removed after some time", job.Status)
		}
		meta := logMeta{Job: job.Name, JobID: job.ID, Status: job.Status, Others: others, Skipped: raw.Skipped}
		if raw.Skipped > 0 {
			meta.Notes = append(meta.Notes, "the log is larger than what is read of it: line 1 is not its first")
		}
		list := joblog.Parse(string(raw.Text), raw.Skipped > 0)
		if a.Step != "" {
			if list, meta.Step, err = stepLines(list, job, a.Step); err != nil {
				return nil, err
			}
		}
		body, err := a.window(list, &meta)
		if err != nil {
			return nil, err
		}
		return kit.Payload(meta, body).KeepEnd().Untrusted().Narrow("use grep, step or a smaller tail"), nil
	})
}

// window is the part of the lines that is asked for, and how to get at the rest.
func (a getLogsArgs) window(list []joblog.Line, meta *logMeta) (string, error) {
	meta.Lines = len(list)
	var hits map[int]bool
	if a.Grep != "" {
		re, err := regexp.Compile("(?i)" + a.Grep)
		if err != nil {
			re = regexp.MustCompile("(?i)" + regexp.QuoteMeta(a.Grep))
			meta.Notes = append(meta.Notes, "grep is no regex, it was searched for as it is")
		}
		list, hits = joblog.Match(list, re, a.Context)
		n := len(hits)
		meta.Matches = &n
		if n == 0 {
			meta.Notes = append(meta.Notes, "no line fits; without grep the end of the log is shown")
			return "", nil
		}
	}
	if len(list) == 0 {
		meta.Notes = append(meta.Notes, "the log is empty")
		return "", nil
	}
	from := max(0, len(list)-a.Tail)
	if a.Start > 0 {
		from = 0
		for from < len(list) && list[from].Number < a.Start {
			from++
		}
		if from == len(list) {
			return "", kit.Errorf(kit.InvalidArgument, "start_line %d is after the last line, %d", a.Start, list[len(list)-1].Number)
		}
	}
	to := min(len(list), from+a.Tail)
	if from > 0 {
		meta.Earlier = map[string]any{"start_line": list[max(0, from-a.Tail)].Number, "cursor": ""}
	}
	if to < len(list) {
		meta.NextArgs = map[string]any{"start_line": list[to].Number, "cursor": ""}
	}
	meta.Shown = []int{list[from].Number, list[to-1].Number}
	return joblog.Text(list[from:to], true, hits), nil
}

// findJob is the job that is meant. Of several that fit it is the first that
// failed; the others are named.
func (f *forge) findJob(ctx context.Context, b Backend, repo string, a getLogsArgs) (Job, []string, error) {
	if a.JobID > 0 {
		job, err := b.GetJob(ctx, repo, int64(a.JobID))
		return job, nil, hinted(err, kit.NotFound, "%s", f.Nouns.say("get_{run} has the jobs of a run and their ids"))
	}
	if a.RunID == 0 {
		return Job{}, nil, kit.Errorf(kit.InvalidArgument, "which log: job_id or run_id is required").
			WithHint("%s", f.Nouns.say("list_{run}s repo="+repo+" has the runs, get_{run} the jobs of one"))
	}
	jobs, err := b.Jobs(ctx, repo, int64(a.RunID))
	if err != nil {
		return Job{}, nil, hinted(err, kit.NotFound, "%s", f.Nouns.say("list_{run}s repo="+repo+" has the runs"))
	}
	fit := slices.DeleteFunc(slices.Clone(jobs), func(j Job) bool {
		if a.Job == "" {
			return j.Status != "failure" && len(jobs) > 1
		}
		ok, _ := path.Match(strings.ToLower(a.Job), strings.ToLower(j.Name))
		return !ok && !strings.EqualFold(a.Job, j.Name)
	})
	var names []string
	for _, j := range jobs {
		names = append(names, j.Name+" ("+itoa(int(j.ID))+", "+j.Status+")")
	}
	if len(fit) == 0 {
		return Job{}, nil, kit.Errorf(kit.NotFound, "no job of run %d fits", a.RunID).WithHint("job_id or job is one of: %s", strings.Join(names, "; "))
	}
	slices.SortStableFunc(fit, func(x, y Job) int { return rank(x) - rank(y) })
	var others []string
	for _, j := range fit[1:] {
		others = append(others, j.Name+" ("+itoa(int(j.ID))+", "+j.Status+")")
	}
	return fit[0], others, nil
}

func rank(j Job) int {
	if j.Status == "failure" {
		return 0
	}
	return 1
}

// stepLines are the lines of one step, by its number or its name.
func stepLines(list []joblog.Line, job Job, wanted string) ([]joblog.Line, string, error) {
	var names []string
	for i, s := range job.Steps {
		names = append(names, itoa(i+1)+" "+s.Name)
		if wanted == itoa(s.Number) || wanted == itoa(i+1) && s.Number == 0 || strings.EqualFold(wanted, s.Name) {
			if s.Status == "skipped" {
				return nil, "", kit.Errorf(kit.FailedPrecondition, "step %s was skipped, and wrote nothing", s.Name)
			}
			part := job.linesOf(list, s)
			if part == nil {
				return nil, "", kit.Errorf(kit.FailedPrecondition, "the log does not say which of its lines are of step %s", s.Name).WithHint("leave step out, and use grep")
			}
			return part, s.Name, nil
		}
	}
	if part := joblog.Between(list, wanted, first(), first(), first()); part != nil {
		return part, wanted, nil
	}
	if names == nil {
		names = markedSteps(list)
	}
	if names == nil {
		return nil, "", kit.Errorf(kit.NotFound, "job %s has no steps that are known", job.Name).WithHint("leave step out, and use grep")
	}
	return nil, "", kit.Errorf(kit.NotFound, "job %s has no step %q", job.Name, wanted).WithHint("its steps: %s", strings.Join(names, "; "))
}

// linesOf are the lines of a step, nil where the log does not say. One that was skipped
// ends no other: it has a time, and wrote nothing.
func (j Job) linesOf(list []joblog.Line, s Step) []joblog.Line {
	next := first()
	for _, other := range j.Steps[slices.Index(j.Steps, s)+1:] {
		if other.Status != "skipped" && other.Started.Unix() > 0 {
			next = other.Started
			break
		}
	}
	return joblog.Between(list, s.Name, s.Started, s.Finished, next)
}

// markedSteps are the steps that the marks of a log name, in their order.
func markedSteps(list []joblog.Line) []string {
	var names []string
	seen := make(map[string]bool)
	for _, line := range list {
		if line.Step != "" && !seen[line.Step] {
			seen[line.Step] = true
			names = append(names, itoa(len(names)+1)+" "+line.Step)
		}
	}
	return names
}
