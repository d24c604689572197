package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/mcp-k8s/internal/diagnose"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type overviewArgs struct{}

// overview is what get_cluster_overview answers.
type overview struct {
	Context    string            `json:"context"`
	Server     string            `json:"server"`
	Version    string            `json:"version,omitempty"`
	Namespace  string            `json:"default_namespace"`
	Nodes      string            `json:"nodes,omitempty"`
	Pods       map[string]int    `json:"pods,omitempty"` // by phase
	Trouble    []troubleRow      `json:"trouble,omitempty"`
	BadNodes   []around          `json:"bad_nodes,omitempty"`
	Namespaces []namespaceRow    `json:"namespaces,omitempty"`
	Events     []eventRow        `json:"events,omitempty"`
	Contexts   []cluster.Context `json:"contexts,omitempty"`
	Warnings   []string          `json:"warnings,omitempty"`
	NextCalls  []string          `json:"next_calls,omitempty"`
}

type troubleRow struct {
	Cause     diagnose.Cause `json:"cause"`
	Pods      int            `json:"pods"`
	Namespace string         `json:"namespace"`
	Example   string         `json:"example"`
}

type namespaceRow struct {
	Name     string `json:"name"`
	Pods     int    `json:"pods"`
	Problems int    `json:"problems,omitempty"`
	Phase    string `json:"phase,omitempty"` // unless Active
}

func (k *k8s) getClusterOverview() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "get_cluster_overview", Title: "Get a cluster overview",
		Description: "Nodes, pods by phase, what is wrong where, top warnings, contexts.",
		Hints:       kit.ReadLocal, Output: overview{},
	}, k.runOverview)
}

// What an overview has at most of each.
const (
	topNamespaces = 30
	topTrouble    = 15
	topEvents     = 8
)

func (k *k8s) runOverview(ctx context.Context, _ overviewArgs) (*kit.Result, error) {
	c, err := k.clusters.Of(ctx)
	if err != nil {
		return nil, err
	}
	kinds, err := c.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	out := overview{Context: c.Context, Server: c.Server, Namespace: c.Namespace, Warnings: kinds.Down[:len(kinds.Down):len(kinds.Down)]}
	if !c.Limit.Any() {
		out.Warnings = append(out.Warnings, "of this cluster only these namespaces may be seen: "+strings.Join(c.Limit.Patterns(), ", "))
	}
	if len(k.clusters.Names()) > 1 {
		out.Contexts = k.clusters.Contexts()
	}
	if v, err := c.Version(ctx); err == nil {
		out.Version = v
	}
	spaces, rows, err := k.overviewNamespaces(ctx, c, &out)
	if err != nil {
		return nil, err
	}
	d := &doctor{k: k, c: c, events: diagnose.Events{}}
	for _, space := range spaces {
		d.readEvents(ctx, space, "type=Warning")
	}
	out.Pods = map[string]int{}
	var firstErr error
	for _, space := range spaces {
		if err := k.countPods(ctx, d, space, &out, rows); err != nil && firstErr == nil {
			firstErr = err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if firstErr != nil {
		out.Warnings = append(out.Warnings, "pods: "+firstErr.Error())
	}
	k.overviewNodes(ctx, c, &out)
	out.Trouble = troubles(d.findings)
	out.Namespaces = namespaceRows(rows, &out)
	var all []corev1.Event
	for _, of := range d.events {
		for _, e := range of {
			if k.now().Sub(diagnose.When(e)).Hours() < 1 {
				all = append(all, e)
			}
		}
	}
	events := foldEvents(all, "")
	slices.SortStableFunc(events, func(a, b eventRow) int { return cmp.Compare(b.Count, a.Count) })
	out.Events = events[:min(len(events), topEvents)]
	out.Warnings = append(out.Warnings, d.warnings...)
	for _, t := range out.Trouble[:min(len(out.Trouble), 3)] {
		if call := "diagnose_workload namespace=" + t.Namespace; !slices.Contains(out.NextCalls, call) {
			out.NextCalls = append(out.NextCalls, call)
		}
	}
	return kit.Record(out).Untrusted().Narrow("set max_bytes"), nil
}

// overviewNamespaces are those to look at, and a row for each that is known.
func (k *k8s) overviewNamespaces(ctx context.Context, c *cluster.Cluster, out *overview) ([]string, map[string]*namespaceRow, error) {
	rows := make(map[string]*namespaceRow)
	list, err := c.Typed().CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err == nil {
		for _, ns := range list.Items {
			if !c.Limit.Allows(ns.Name) {
				continue
			}
			row := &namespaceRow{Name: ns.Name}
			if ns.Status.Phase != corev1.NamespaceActive {
				row.Phase = string(ns.Status.Phase)
			}
			rows[ns.Name] = row
		}
	} else if ctx.Err() == nil {
		out.Warnings = append(out.Warnings, "namespaces: "+c.Error(ctx, err, cluster.Request{Verb: "list", Kind: cluster.Kind{Version: "v1", Resource: "namespaces"}}).Error())
	}
	if c.Limit.Any() {
		return []string{""}, rows, nil
	}
	spaces, err := visible(ctx, c)
	return spaces, rows, err
}

func (k *k8s) countPods(ctx context.Context, d *doctor, namespace string, out *overview, rows map[string]*namespaceRow) error {
	options := metav1.ListOptions{Limit: chunk}
	for {
		list, err := d.c.Typed().CoreV1().Pods(namespace).List(ctx, options)
		if err != nil {
			return d.c.Error(ctx, err, cluster.Request{Verb: "list", Kind: cluster.Kind{Version: "v1", Resource: "pods", Namespaced: true}, Namespace: namespace})
		}
		for i := range list.Items {
			p := &list.Items[i]
			out.Pods[string(p.Status.Phase)]++
			row := rows[p.Namespace]
			if row == nil {
				row = &namespaceRow{Name: p.Namespace}
				rows[p.Namespace] = row
			}
			row.Pods++
			before := len(d.findings)
			d.pod(p)
			if slices.ContainsFunc(d.findings[before:], diagnose.Finding.Serious) {
				row.Problems++
			}
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return nil
		}
	}
}

func namespaceRows(rows map[string]*namespaceRow, out *overview) (all []namespaceRow) {
	for _, r := range rows {
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b namespaceRow) int {
		return cmp.Or(cmp.Compare(b.Problems, a.Problems), cmp.Compare(b.Pods, a.Pods), cmp.Compare(a.Name, b.Name))
	})
	if len(all) > topNamespaces {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d more namespaces: list_resources kind=ns", len(all)-topNamespaces))
		all = all[:topNamespaces]
	}
	return all
}

// troubles count findings by cause and namespace.
func troubles(findings []diagnose.Finding) (rows []troubleRow) {
	for _, g := range diagnose.Group(findings) {
		if !g.Serious() {
			continue
		}
		for _, p := range g.Pods {
			namespace, name := split(p)
			i := slices.IndexFunc(rows, func(r troubleRow) bool { return r.Cause == g.Cause && r.Namespace == namespace })
			if i < 0 {
				rows = append(rows, troubleRow{Cause: g.Cause, Namespace: namespace, Example: name})
				i = len(rows) - 1
			}
			rows[i].Pods++
		}
	}
	slices.SortStableFunc(rows, func(a, b troubleRow) int { return cmp.Compare(b.Pods, a.Pods) })
	return rows[:min(len(rows), topTrouble)]
}

func (k *k8s) overviewNodes(ctx context.Context, c *cluster.Cluster, out *overview) {
	list, err := c.Typed().CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		out.Warnings = append(out.Warnings, "nodes: "+c.Error(ctx, err, cluster.Request{Verb: "list", Kind: cluster.Kind{Version: "v1", Resource: "nodes"}}).Error())
		return
	}
	ready := 0
	var cpu, memory resource.Quantity
	for _, n := range list.Items {
		state := nodeTrouble(n)
		if !slices.ContainsFunc(state, func(s string) bool { return len(s) > 9 && s[:9] == "not ready" }) {
			ready++
		}
		if state != nil && len(out.BadNodes) < maxAround {
			out.BadNodes = append(out.BadNodes, around{n.Name, listed(state, 5)})
		}
		cpu.Add(n.Status.Allocatable[corev1.ResourceCPU])
		memory.Add(n.Status.Allocatable[corev1.ResourceMemory])
	}
	out.Nodes = fmt.Sprintf("%d of %d ready, allocatable cpu %s, memory %s", ready, len(list.Items), cpu.String(), gibibytes(memory))
}

func gibibytes(q resource.Quantity) string {
	return fmt.Sprintf("%.1fGi", float64(q.Value())/(1<<30))
}
