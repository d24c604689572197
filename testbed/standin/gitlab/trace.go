package gitlab

import (
	"fmt"
	"strings"
	"time"
)

// Step is a part of a job's script and how it goes: GitLab knows it by the
// section that the script writes around it.
type Step struct {
	Name   string
	Failed bool
	Log    []string
}

// traced is the log of a job as a runner writes it: its own sections, ANSI colours,
// sections of the script inside of step_script. A section whose step failed has
// no end.
func traced(j *job, steps []Step, at time.Time, stamps bool) []byte {
	var b strings.Builder
	unix := at.Unix()
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	begin := func(name, title string) {
		fmt.Fprintf(&b, "section_start:%d:%s\r\x1b[0K%s\n", unix, name, title)
	}
	end := func(name string) { unix++; fmt.Fprintf(&b, "section_end:%d:%s\r\x1b[0K", unix, name) }
	own := func(title string) string { return "\x1b[0K\x1b[36;1m" + title + "\x1b[0;m\x1b[0;m" }

	line("\x1b[0KRunning with gitlab-runner 19.2.0 (5ad1f5a4)\x1b[0;m")
	line("\x1b[0K  on stand-in t1_Xyz, system ID: s_0123456789ab\x1b[0;m")
	begin("prepare_executor", own(`Preparing the "shell" executor`))
	line("\x1b[0KUsing Shell (bash) executor...\x1b[0;m")
	end("prepare_executor")
	begin("prepare_script", own("Preparing environment"))
	line("Running on stand-in...")
	end("prepare_script")
	begin("get_sources", own("Getting source from Git repository"))
	line("\x1b[32;1mFetching changes with git depth set to 20...\x1b[0;m")
	line("\x1b[32;1mChecking out %s as detached HEAD (ref is %s)...\x1b[0;m", j.of.sha[:8], j.of.ref)
	end("get_sources")
	begin("step_script", own(`Executing "step_script" stage of the job script`))
	failed := false
	for _, s := range steps {
		line("\x1b[32;1m$ ./step %s\x1b[0;m", s.Name)
		begin(s.Name, s.Name)
		for _, text := range s.Log {
			line("%s", text)
		}
		if failed = s.Failed; failed {
			break
		}
		end(s.Name)
		line("")
	}
	end("step_script")
	begin("cleanup_file_variables", own("Cleaning up project directory and file based variables"))
	end("cleanup_file_variables")
	if failed {
		line("\x1b[31;1mERROR: Job failed: exit status 1\n\x1b[0;m")
	} else {
		line("\x1b[32;1mJob succeeded\x1b[0;m")
	}
	if !stamps {
		return []byte(b.String())
	}
	var out strings.Builder
	for text := range strings.Lines(b.String()) {
		out.WriteString(at.Format("2006-01-02T15:04:05.000000Z") + " 00O " + text)
	}
	return []byte(out.String())
}

// SetTrace puts another log in place of a job's.
func (g *GitLab) SetTrace(path string, jobID int64, trace []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.find(path).every() {
		for _, j := range l.jobs {
			if int64(j.id) == jobID {
				j.trace = trace
			}
		}
	}
}

// Play lets the oldest pipeline of a branch go that has a job that waits, as the
// steps say: the first such job takes them, others pass. It is the pipeline's id
// and the job's, 0 if none waits.
func (g *GitLab) Play(path, branch string, steps []Step) (pipelineID, jobID int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.find(path).pipelines {
		if l.ref == branch && l.status() == "pending" {
			return int64(l.id), g.play(l, steps)
		}
	}
	return 0, 0
}

// PlayPipeline does so with one pipeline, such as [GitLab.Child].
func (g *GitLab) PlayPipeline(path string, id int64, steps []Step) (jobID int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.find(path).every() {
		if int64(l.id) == id {
			return g.play(l, steps)
		}
	}
	return 0
}

func (g *GitLab) play(l *pipeline, steps []Step) (jobID int64) {
	if l.started.IsZero() {
		l.started = g.tick()
	}
	for _, j := range l.current() {
		if j.status != "pending" {
			continue
		}
		j.started, j.status = g.tick(), "success"
		var own []Step
		if jobID == 0 {
			own, jobID = steps, int64(j.id)
		}
		for _, s := range own {
			g.tick()
			if s.Failed {
				j.status, j.reason = "failed", "script_failure"
			}
		}
		j.trace = traced(j, own, j.started, g.switches.Stamps)
		j.stopped = g.tick()
	}
	l.stopped, l.updated = g.tick(), g.now
	return jobID
}
