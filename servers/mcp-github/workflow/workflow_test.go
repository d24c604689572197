package workflow

import (
	"fmt"
	"strings"
	"testing"
)

const good = `name: ci
run-name: ${{ github.actor }} pushes
on:
  push: {branches: [main]}
  pull_request:
  schedule: [{cron: '0 4 * * 1'}]
  workflow_dispatch:
    inputs: {level: {type: choice, options: [a, b]}}
permissions: {contents: read}
env: &env {A: 1}
concurrency: {group: x, cancel-in-progress: true}
jobs:
  build:
    runs-on: [self-hosted, linux]
    env: *env
    strategy: {fail-fast: false, matrix: {go: ['1.25', '1.26']}}
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - uses: acme/tools/setup@8f4b7f8
      - uses: ./.github/actions/own
      - uses: docker://alpine:3
      - {id: test, name: test, run: make, shell: bash, working-directory: src, timeout-minutes: 5}
  deploy:
    needs: [build]
    if: github.ref == 'refs/heads/main'
    uses: acme/flows/.github/workflows/deploy.yml@v1
    with: {to: prod}
    secrets: inherit
  local: {needs: build, uses: ./.github/workflows/x.yml}
`

func TestGood(t *testing.T) {
	for name, text := range map[string]string{
		"all": good, "on is one": "on: push\njobs: {a: {runs-on: x, steps: [{run: y}]}}",
		"on is a list":    "on: [push, pull_request]\njobs: {a: {runs-on: x, steps: [{run: y}]}}",
		"no permissions":  "on: push\npermissions: {}\njobs: {a: {runs-on: x, permissions: read-all, steps: [{run: y}]}}",
		"a list of needs": "on: push\njobs: {a: {runs-on: x, steps: [{run: y}]}, b: {runs-on: x, needs: a, steps: [{run: y}]}, c: {runs-on: x, needs: [a, b], steps: [{run: y}]}}",
	} {
		if list := Check(text); len(list) > 0 {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// job is a workflow whose one job has these lines.
func job(lines string) string {
	return "on: push\njobs:\n  a:\n    " + strings.ReplaceAll(lines, "\n", "\n    ")
}

func TestBad(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "1 the file is empty",
		"on: push\njobs: [":                    "this is no YAML",
		"on: push\n\tjobs:\n":                  "this is no YAML",
		"[]":                                   "1 a workflow is not a mapping",
		"on: push":                             "1 the workflow has no jobs",
		"jobs: {a: {runs-on: x, steps: []}}":   "1 the workflow has no on",
		"on: push\njobs: {}":                   "2 there is no job",
		"on: pushed\njobs: {}":                 `1 there is no event "pushed", did you mean push?`,
		"on: {schedule: [{cron: '1 2'}]}":      "1 a schedule needs cron with five fields",
		"on: push\nenvs: {}":                   `2 a workflow has no key "envs", did you mean env?`,
		"on: push\non: push":                   "2 a workflow has on twice, first in line 1",
		"on: push\npermissions: admin":         "2 permissions is read-all, write-all or a mapping",
		"on: push\npermissions: {issues: all}": "2 the permission issues is read, write or none",
		job("runs-on: x"):                      "3 the job a has neither steps nor uses",
		job("steps: [{run: x}]"):               "3 the job a has no runs-on",
		job("runs-on: x\nsteps: []"):           "5 steps is not a list with a step in it",
		job("runs-on: x\nstep: []"):            `5 the job a has no key "step", did you mean steps?`,
		job("runs-on: x\nneeds: b\nsteps: [{run: x}]"):                  "5 the job a needs b, which is no job",
		job("runs-on: x\nneeds: a\nsteps: [{run: x}]"):                  "3 the job a waits for itself",
		job("runs-on: x\nneeds: {b: c}\nsteps: [{run: x}]"):             "5 needs is no name and no list of names",
		job("runs-on: x\nsteps: [{name: x}]"):                           "5 a step has neither uses nor run",
		job("runs-on: x\nsteps:\n- uses: a/b@v1\n  run: x"):             "6 a step has either uses or run",
		job("runs-on: x\nsteps:\n- uses: a/b@v1\n  shell: sh"):          "7 shell belongs to run",
		job("runs-on: x\nsteps:\n- run: x\n  with: {a: b}"):             "7 with belongs to uses",
		job("runs-on: x\nsteps:\n- uses: actions/checkout"):             "6 uses: actions/checkout has no version",
		job("runs-on: x\nsteps:\n- uses: checkout@v4"):                  "6 uses: checkout@v4 is none of",
		job("runs-on: x\nsteps:\n- uses: a/b@${{ matrix.v }}"):          "6 uses takes no expression",
		job("runs-on: x\nsteps:\n- {id: a, run: x}\n- {id: A, run: x}"): "7 two steps of a have the id A",
		job("runs-on: x\nsteps:\n- {id: 1a, run: x}"):                   "6 the id of a step begins with",
		job("runs-on: x\nsteps:\n- run: echo ${{ github.sha }"):         "6 an expression ${{ is not closed",
		job("runs-on: x\nsteps:\n- run: echo ${{  }}"):                  "6 an expression is empty",
		job("uses: a/b@v1"): "4 uses: a/b@v1 is neither",
		job("uses: ./.github/workflows/x.yml\nruns-on: x"):                     "5 the job a uses a workflow, and so it cannot have runs-on",
		job("runs-on: x\nsteps: [{run: x}]\nsecrets: inherit"):                 "6 the job a has secrets, which belongs to uses",
		job("runs-on: x\nstrategy: {matrixes: {}}\nsteps: [{run: x}]"):         `5 strategy has no key "matrixes", did you mean matrix?`,
		"on: push\njobs: {1a: {runs-on: x, steps: [{run: y}]}}":                "2 the id of a job begins with",
		"on: push\njobs: {a: &a {runs-on: x, steps: [{run: y}]}, b: {<<: *a}}": "2 GitHub knows no merge keys",
	} {
		found := false
		var all []string
		for _, p := range Check(text) {
			line := fmt.Sprintf("%d %s", p.Line, p.Text)
			all = append(all, line)
			found = found || strings.HasPrefix(line, want) || strings.HasPrefix(p.Text, want)
		}
		if !found {
			t.Errorf("%q: %q, want %q", text, all, want)
		}
	}
}

// TestCircle names each job that waits for itself.
func TestCircle(t *testing.T) {
	const step = "runs-on: x, steps: [{run: y}]"
	list := Check("on: push\njobs: {a: {needs: b, " + step + "}, b: {needs: c, " + step + "}, c: {needs: b, " + step + "}}")
	if len(list) != 2 || !strings.Contains(list[0].Text, "job b waits") || !strings.Contains(list[1].Text, "job c waits") {
		t.Errorf("%v", list)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(good)
	f.Add(job("runs-on: x\nneeds: a\nsteps: [{run: x}]"))
	f.Add("a: &a [*a]")
	f.Add("? {a: b}\n: c")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range Check(text) {
			if p.Level != "error" && p.Level != "warning" || p.Text == "" {
				t.Errorf("%+v", p)
			}
		}
	})
}
