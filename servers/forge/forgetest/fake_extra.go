package forgetest

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// Blame says of each line that the newest commit of the ref wrote it.
func (f *Fake) Blame(ctx context.Context, repo, ref, path string) ([]forge.Blame, error) {
	file, err := f.GetFile(ctx, repo, ref, path)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, err := f.repos[repo].resolve(ref)
	if err != nil {
		return nil, err
	}
	var list []forge.Blame
	for i := range strings.Count(string(file.Content), "\n") {
		list = append(list, forge.Blame{Start: i + 1, End: i + 1, Commit: c.Commit})
	}
	return list, nil
}

// CheckConfig takes everything that has steps.
func (f *Fake) CheckConfig(ctx context.Context, repo string, q forge.ConfigQuery) (forge.ConfigCheck, error) {
	text := q.Content
	if text == "" {
		file, err := f.GetFile(ctx, repo, q.Ref, q.Path)
		if err != nil {
			return forge.ConfigCheck{}, err
		}
		text = string(file.Content)
	}
	check := forge.ConfigCheck{Files: []string{q.Path}, Merged: text}
	if !strings.Contains(text, "steps") {
		check.Problems = []forge.ConfigProblem{{Level: "error", File: q.Path, Line: 1, Text: "there are no steps in " + text}}
	}
	return check, nil
}

// Query answers with the document.
func (f *Fake) Query(_ context.Context, document string, variables json.RawMessage) (json.RawMessage, []string, error) {
	if strings.Contains(document, "nothing") {
		return nil, nil, kit.Errorf(kit.InvalidArgument, "there is no nothing")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	said := make(map[string]string)
	for name, r := range f.repos {
		said[name] = r.Description
	}
	data, err := json.Marshal(map[string]any{"asked": document, "with": variables, "repos": said})
	return data, []string{"a part is missing"}, err
}

// TestReport has a test for each job: it went like the job, and says its log.
func (f *Fake) TestReport(_ context.Context, repo string, id int64) (out forge.TestReport, err error) {
	err = f.run(repo, id, func(r *fakeRun) {
		out.Took = 90 * time.Second
		for _, j := range r.jobs {
			out.Tests = append(out.Tests, forge.TestResult{Job: j.Name, Name: j.Name, Status: j.Status, Took: time.Second, Output: r.logs[j.ID]})
		}
	})
	return out, err
}
