package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/mcp-k8s/internal/diagnose"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type diagnoseArgs struct {
	Kind          string `arg:"kind" doc:"of name"`
	Name          string `arg:"name" doc:"default: all"`
	Namespace     string `arg:"namespace" doc:"* for all" alias:"ns"`
	LabelSelector string `arg:"label_selector" alias:"labels"`
}

// diagnosis is what diagnose_workload answers.
type diagnosis struct {
	Target    string     `json:"target"`
	Healthy   bool       `json:"healthy"`
	Summary   string     `json:"summary"`
	Replicas  string     `json:"replicas,omitempty"`
	Causes    []causeRow `json:"causes,omitempty"`
	Around    []around   `json:"around,omitempty"` // what of the cluster matters to a cause
	LogsOf    string     `json:"logs_of,omitempty"`
	Logs      []logRow   `json:"logs,omitempty"`
	Events    []eventRow `json:"events,omitempty"`
	Warnings  []string   `json:"warnings,omitempty"`
	NextCalls []string   `json:"next_calls,omitempty"`
}

type causeRow struct {
	Cause     diagnose.Cause `json:"cause"`
	Pods      string         `json:"pods,omitempty"`
	Container string         `json:"container,omitempty"`
	Exit      *int32         `json:"exit,omitempty"`
	Restarts  int32          `json:"restarts,omitempty"`
	Since     string         `json:"since,omitempty"`
	Detail    string         `json:"detail"`
	Advice    string         `json:"advice,omitempty"`
}

type around struct {
	Object string `json:"object"`
	State  string `json:"state"`
}

type logRow struct {
	Line string `json:"line"`
}

func (k *k8s) diagnoseWorkload() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "diagnose_workload", Title: "Diagnose what does not run",
		Description: "Names the cause in one call, for any object, a selector or a whole namespace: " +
			"pods by cause, last exit, log before the restart, events, quota, claims, nodes.",
		Hints: kit.ReadLocal, Output: diagnosis{},
		Example: `{"kind":"deploy","name":"web","namespace":"shop"}`,
	}, k.runDiagnose)
}

func (k *k8s) runDiagnose(ctx context.Context, a diagnoseArgs) (*kit.Result, error) {
	c, err := k.clusters.Of(ctx)
	if err != nil {
		return nil, err
	}
	if kind, name, ok := strings.Cut(a.Name, "/"); ok && a.Kind == "" {
		a.Kind, a.Name = kind, name
	}
	d := &doctor{k: k, c: c, events: diagnose.Events{}}
	switch {
	case a.Name != "":
		err = d.object(ctx, a)
	case a.Kind != "" && a.LabelSelector == "":
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"name\" is required with kind").
			WithHint("without both all of the namespace is looked at; list_resources kind=%s has the names", clip(a.Kind))
	default:
		err = d.many(ctx, a)
	}
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return kit.Record(d.answer(ctx)).Untrusted().Narrow("name one workload"), nil
}

// doctor is one diagnosis.
type doctor struct {
	k         *k8s
	c         *cluster.Cluster
	namespace string // empty: several
	target    string
	replicas  string
	pods      int // that were looked at
	unready   int
	findings  []diagnose.Finding
	events    diagnose.Events
	told      []string // kind/namespace/name of those whose events are shown
	warnings  []string
}

// What one answer has at most.
const (
	maxCauses = 25
	maxEvents = 12
)

func (d *doctor) answer(ctx context.Context) diagnosis {
	groups := diagnose.Group(d.findings)
	serious := slices.ContainsFunc(groups, diagnose.Finding.Serious)
	out := diagnosis{Target: d.target, Healthy: !serious, Replicas: d.replicas}
	out.Summary = d.summary(groups)
	for _, g := range groups[:min(len(groups), maxCauses)] {
		row := causeRow{Cause: g.Cause, Container: g.Container, Exit: g.Exit, Restarts: g.Restarts, Detail: kit.Shorten(g.Detail, 600), Advice: g.Advice, Pods: d.names(g.Pods)}
		if !g.Since.IsZero() {
			row.Since = kit.FormatTime(g.Since)
		}
		out.Causes = append(out.Causes, row)
	}
	if len(groups) > maxCauses {
		d.warnings = append(d.warnings, fmt.Sprintf("%d more causes; name one workload", len(groups)-maxCauses))
	}
	out.Around = d.surroundings(ctx, groups)
	out.LogsOf, out.Logs = d.logs(ctx, groups)
	out.Events = d.shownEvents()
	out.Warnings = d.warnings
	out.NextCalls = d.next(groups)
	return out
}

func (d *doctor) summary(groups []diagnose.Finding) string {
	if len(groups) == 0 {
		if d.pods == 0 {
			return "nothing is wrong, as far as its status and events say"
		}
		return fmt.Sprintf("all of %d pods are well", d.pods)
	}
	g := groups[0]
	text := string(g.Cause)
	if g.Container != "" {
		text += " of container " + g.Container
	}
	if d.pods > 0 && len(g.Pods) > 0 {
		text = fmt.Sprintf("%d of %d pods: %s", len(g.Pods), d.pods, text)
	}
	text += ": " + kit.Shorten(g.Detail, 300)
	switch n := len(groups) - 1; {
	case n == 1:
		text += " (and one more cause)"
	case n > 1:
		text += fmt.Sprintf(" (and %d more causes)", n)
	}
	return text
}

// names are some of pods, without the namespace that all share.
func (d *doctor) names(pods []string) string {
	var names []string
	for _, p := range pods {
		if d.namespace != "" {
			_, p, _ = strings.Cut(p, "/")
		}
		names = append(names, p)
	}
	return listed(names, 5)
}

func (d *doctor) next(groups []diagnose.Finding) (calls []string) {
	add := func(format string, a ...any) {
		if call := fmt.Sprintf(format, a...); !slices.Contains(calls, call) && len(calls) < 4 {
			calls = append(calls, call)
		}
	}
	for _, g := range groups {
		if len(g.Pods) == 0 {
			continue
		}
		namespace, pod, _ := strings.Cut(g.Pods[0], "/")
		switch g.Cause {
		case diagnose.Unschedulable:
			add("list_resources kind=nodes output=wide")
		case diagnose.Claim:
			add("list_resources kind=pvc namespace=%s", namespace)
		case diagnose.ConfigMissing:
			kind := "configmaps"
			if strings.Contains(g.Detail, "secret \"") {
				kind = "secrets"
			}
			add("list_resources kind=%s namespace=%s output=name", kind, namespace)
		case diagnose.OOMKilled:
			add("get_usage target=containers namespace=%s", namespace)
		}
		if g.Logs {
			previous := ""
			if g.Previous {
				previous = " previous=true"
			}
			add("get_logs name=%s namespace=%s container=%s%s", pod, namespace, g.Container, previous)
		}
		add("describe_resource kind=pod name=%s namespace=%s", pod, namespace)
	}
	return calls
}

// guess finds what a name without a kind is.
func (d *doctor) guess(ctx context.Context, name, namespace string) (target, *unstructured.Unstructured, error) {
	if err := cluster.CheckName("name", name); err != nil {
		return target{}, nil, err
	}
	for _, kind := range []string{"apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "v1/Pod", "batch/v1/CronJob", "batch/v1/Job"} {
		t, err := d.k.find(ctx, kind, namespace, false)
		if err != nil {
			return t, nil, err
		}
		if o, err := t.resource().Get(ctx, name, metav1.GetOptions{}); err == nil {
			return t, o, nil
		} else if ctx.Err() != nil {
			return t, nil, context.Cause(ctx)
		}
	}
	if e := absent(ctx, d.c, namespace); e != nil {
		return target{}, nil, e
	}
	return target{}, nil, kit.Errorf(kit.NotFound, "there is no workload %q in namespace %q", name, namespace).
		WithHint("search_resources name=*%s* looks in all kinds and namespaces", name)
}
