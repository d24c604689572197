package main

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/redact"
	"github.com/loom-core/loom/servers/kube/cluster"
)

type logsArgs struct {
	Name          string `arg:"name" doc:"a pod"`
	Owner         string `arg:"owner" doc:"deploy/web, job/x, svc/y"`
	LabelSelector string `arg:"label_selector" alias:"labels"`
	Namespace     string `arg:"namespace" alias:"ns"`
	Container     string `arg:"container" doc:"all: init too"`
	Tail          int    `arg:"tail,clamp" default:"100" min:"1" max:"5000" alias:"tail_lines,lines"`
	Since         string `arg:"since" doc:"15m; a time" alias:"since_time,start"`
	Previous      bool   `arg:"previous" doc:"before the restart"`
	Grep          string `arg:"grep" doc:"regexp (RE2)"`
	Exclude       string `arg:"exclude"`
	ContextLines  int    `arg:"context_lines,clamp" min:"0" max:"20"`
	Level         string `arg:"level" enum:"error,warn,info,debug" doc:"that and worse"`
	Timestamps    bool   `arg:"timestamps"`
	Dedupe        bool   `arg:"dedupe" doc:"but for numbers"`
}

// logsHead is what is said of log lines.
type logsHead struct {
	Namespace    string            `json:"namespace"`
	Sources      map[string]string `json:"sources,omitempty"` // short name to pod/container
	Lines        int               `json:"lines"`
	Matched      int               `json:"matched,omitempty"`
	Scanned      int               `json:"scanned,omitempty"`
	ScannedBytes int64             `json:"scanned_bytes,omitempty"`
	Complete     *bool             `json:"scan_complete,omitempty"`
	Warnings     []string          `json:"warnings,omitempty"`
	Hints        []string          `json:"hints,omitempty"`
}

func (k *k8s) getLogs() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "get_logs", Title: "Get logs of pods",
		Description: "Last lines of a pod, or all pods of an owner or selector. grep, exclude, level and dedupe search all.",
		Hints:       kit.ReadLocal,
		Example:     `{"owner":"deploy/web","namespace":"shop","level":"error","since":"1h"}`,
	}, k.runLogs)
}

func (k *k8s) runLogs(ctx context.Context, a logsArgs) (*kit.Result, error) {
	c, err := k.clusters.Of(ctx)
	if err != nil {
		return nil, err
	}
	namespace, err := choose(c, a.Namespace, false)
	if err != nil {
		return nil, err
	}
	if namespace == "" {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"namespace\": logs are of one namespace")
	}
	sieve, err := newSieve(a, k.redactor())
	if err != nil {
		return nil, err
	}
	var since time.Time
	if a.Since != "" {
		if since, err = kit.ParseTime(a.Since, k.now()); err != nil {
			return nil, kit.Errorf(kit.InvalidArgument, "argument \"since\": %w", err)
		}
	}
	f := &finder{c: c, namespace: namespace}
	sources, err := f.sources(ctx, a)
	if err != nil {
		return nil, err
	}
	keep := a.Tail
	if a.Dedupe {
		keep = maxFolded
	}
	r := &reading{cluster: c, namespace: namespace, sieve: sieve, since: since, previous: a.Previous, keep: keep}
	r.read(ctx, sources)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	head := logsHead{Namespace: namespace, Warnings: append(f.warnings, r.warnings...)}
	if err := r.failed(ctx, sources); err != nil {
		return nil, err
	}
	text := r.render(&head, sources, a)
	if head.Lines == 0 {
		head.Hints = r.emptyHints(a, sources)
	}
	return kit.Payload(head, text).KeepEnd().Untrusted().Narrow("narrow with grep, since, tail or container"), nil
}

// sieve chooses lines. The zero value takes all.
type sieve struct {
	grep, exclude *regexp.Regexp
	redactor      redact.Redactor
	level         int
	around        int
	searching     bool
}

const maxPattern = 1000

func newSieve(a logsArgs, redactor redact.Redactor) (sieve, error) {
	s := sieve{redactor: redactor, level: levels[a.Level], around: a.ContextLines}
	for _, p := range []struct {
		name, text string
		to         **regexp.Regexp
	}{{"grep", a.Grep, &s.grep}, {"exclude", a.Exclude, &s.exclude}} {
		if p.text == "" {
			continue
		}
		if len(p.text) > maxPattern {
			return s, kit.Errorf(kit.InvalidArgument, "argument %q has %d characters, at most %d are taken", p.name, len(p.text), maxPattern)
		}
		re, err := regexp.Compile(p.text)
		if err != nil {
			return s, kit.Errorf(kit.InvalidArgument, "argument %q: %w", p.name, err).WithHint("it is a regular expression of RE2; (?i) ignores case, \\ escapes")
		}
		*p.to = re
	}
	s.searching = s.grep != nil || s.exclude != nil || s.level > 0 || a.Dedupe
	return s, nil
}

// takes looks at a line as it will be shown: a pattern that finds what is hidden says
// letter by letter what it is.
func (s sieve) takes(line string) bool {
	if s.grep != nil || s.exclude != nil {
		line, _ = s.redactor.Text(kit.Clean(line))
	}
	switch {
	case s.grep != nil && !s.grep.MatchString(line), s.exclude != nil && s.exclude.MatchString(line):
		return false
	case s.level > 0:
		return levelOf(line) >= s.level
	}
	return true
}

// levels from harmless to bad. Lines without one are info.
var levels = map[string]int{"debug": 1, "info": 2, "warn": 3, "error": 4}

var levelWords = regexp.MustCompile(`(?i)\b(?:(trace|debug)|(warn|warning)|(error|err|fatal|panic|critical|crit|emerg|alert|severe|exception|traceback))\b`)
var klogLevel = regexp.MustCompile(`^([IWEF])\d{4} `)

func levelOf(line string) int {
	if m := klogLevel.FindStringSubmatch(line); m != nil {
		return map[string]int{"I": 2, "W": 3, "E": 4, "F": 4}[m[1]]
	}
	// What a line says of itself comes early; its text may speak of errors.
	head := line
	if i := levelKey.FindStringIndex(line); i != nil {
		head = line[i[0]:min(len(line), i[1]+12)]
	} else if len(head) > 200 {
		head = head[:200]
	}
	m := levelWords.FindStringSubmatch(head)
	switch {
	case m == nil:
		return levels["info"]
	case m[1] != "":
		return levels["debug"]
	case m[2] != "":
		return levels["warn"]
	}
	return levels["error"]
}

var levelKey = regexp.MustCompile(`(?i)["']?\b(level|lvl|severity|loglevel)\b["']?\s*[=:]\s*`)

// failed is an error when there is no source that could be read.
func (r *reading) failed(ctx context.Context, sources []source) error {
	if len(r.errs) < len(sources) || len(sources) == 0 {
		return nil
	}
	err := r.errs[0]
	want := cluster.Request{Verb: "get", Kind: cluster.Kind{Resource: "pods/log"}, Namespace: r.namespace, Name: sources[0].pod}
	err = r.cluster.Error(ctx, err, want)
	var e *kit.Error
	if !errors.As(err, &e) || e.Code != kit.InvalidArgument {
		return err
	}
	e.Code = kit.FailedPrecondition
	e.Hint = "diagnose_workload kind=pod name=" + sources[0].pod + " says why"
	if r.previous && strings.Contains(e.Message, "previous terminated") {
		e.Hint = "the container was not restarted; leave previous out"
	}
	return e
}
