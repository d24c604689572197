package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type treeArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace" alias:"ns"`
	kit.Resume
}

// treePage is how many rows an answer has.
const treePage = 200

type treeHead struct {
	Root      string   `json:"root"`
	Namespace string   `json:"namespace,omitempty"`
	Unwell    int      `json:"unwell"`
	Warnings  []string `json:"warnings,omitempty"`
}

type treeRow struct {
	Tree   string `json:"tree"`
	Link   string `json:"link"`
	Health string `json:"health"`
}

func (k *k8s) getResourceTree() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "get_resource_tree", Title: "Get a tree",
		Description: "Owners and users above (^), below what it owns, routes to, selects and mounts, with its health.",
		Hints:       kit.ReadLocal, Output: treeHead{}, ListName: "rows",
		Example: `{"kind":"ingress","name":"shop","namespace":"shop"}`,
	}, k.runTree)
}

func (k *k8s) runTree(ctx context.Context, a treeArgs) (*kit.Result, error) {
	t, err := k.find(ctx, a.Kind, a.Namespace, false)
	if err != nil {
		return nil, err
	}
	if !t.kind.Namespaced {
		return nil, kit.Errorf(kit.Unsupported, "%s have no namespace and no tree", t.kind.GroupResource()).WithHint("describe_resource or search_resources")
	}
	o, err := t.get(ctx, a.Name)
	if err != nil {
		return nil, err
	}
	g, err := k.graph(ctx, t)
	if err != nil {
		return nil, err
	}
	root := g.add(o)
	g.link()
	head := treeHead{Root: root, Namespace: t.namespace, Warnings: g.warnings}
	var rows []treeRow
	above := g.walk(root, g.up, "^ ")
	for i := len(above) - 1; i >= 0; i-- {
		rows = append(rows, above[i])
	}
	rows = append(rows, treeRow{Tree: root, Health: g.health(root)})
	rows = append(rows, g.walk(root, g.down, "")...)
	for _, r := range rows {
		if strings.HasPrefix(r.Health, "!") {
			head.Unwell++
		}
	}
	return kit.Records(head, kit.Slice(a.Resume.Paging(treePage), rows)).Untrusted().Narrow("begin lower in the tree"), nil
}

// edge is how one object belongs to another.
type edge struct{ to, link string }

// graph is what is in a namespace and belongs together. Nodes are Kind/name.
type graph struct {
	k        *k8s
	t        target
	objects  map[string]*unstructured.Unstructured
	order    []string
	down, up map[string][]edge
	byUID    map[string]string
	warnings []string
}

// gathered are the kinds whose links are known.
var gathered = []string{"networking.k8s.io/v1/Ingress", "v1/Service", "apps/v1/Deployment", "apps/v1/ReplicaSet", "apps/v1/StatefulSet", "apps/v1/DaemonSet",
	"batch/v1/CronJob", "batch/v1/Job", "v1/Pod", "v1/PersistentVolumeClaim", "autoscaling/v2/HorizontalPodAutoscaler", "policy/v1/PodDisruptionBudget"}

// maxGathered is how many objects of a kind are looked at.
const maxGathered = 2000

func (k *k8s) graph(ctx context.Context, t target) (*graph, error) {
	g := &graph{k: k, t: t, objects: make(map[string]*unstructured.Unstructured), down: make(map[string][]edge), up: make(map[string][]edge), byUID: make(map[string]string)}
	lists := make([][]unstructured.Unstructured, len(gathered))
	notes := make([]string, len(gathered))
	fanOut(len(gathered), func(i int) { lists[i], notes[i] = t.gather(ctx, gathered[i]) })
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, list := range lists {
		if notes[i] != "" {
			g.warnings = append(g.warnings, notes[i])
		}
		for j := range list {
			g.add(&list[j])
		}
	}
	return g, nil
}

// gather lists a kind in the namespace of t. What cannot be listed is a note.
func (t target) gather(ctx context.Context, name string) (all []unstructured.Unstructured, note string) {
	kind, err := t.Kind(ctx, name)
	if err != nil {
		return nil, ""
	}
	of := target{Cluster: t.Cluster, kind: kind, namespace: t.namespace}
	options := listOptions(chunk)
	for {
		list, err := of.resource().List(ctx, options)
		if err != nil {
			return all, kit.Shorten(fmt.Sprintf("%s: %v", kind.GroupResource(), t.Error(ctx, err, of.request("list", ""))), 200)
		}
		all = append(all, list.Items...)
		if options.Continue = list.GetContinue(); options.Continue == "" {
			return all, ""
		}
		if len(all) >= maxGathered {
			return all, fmt.Sprintf("%s: only the first %d are looked at", kind.GroupResource(), maxGathered)
		}
	}
}

func (g *graph) add(o *unstructured.Unstructured) string {
	key := o.GetKind() + "/" + o.GetName()
	if g.objects[key] == nil {
		g.objects[key] = o
		g.order = append(g.order, key)
		g.byUID[string(o.GetUID())] = key
	}
	return key
}

// walk lists what can be reached over edges, as a tree.
func (g *graph) walk(from string, edges map[string][]edge, mark string) (rows []treeRow) {
	seen := map[string]bool{from: true}
	var visit func(at string, depth int)
	visit = func(at string, depth int) {
		for _, e := range edges[at] {
			again := seen[e.to]
			seen[e.to] = true
			row := treeRow{Tree: strings.Repeat("  ", depth) + mark + e.to, Link: e.link, Health: g.health(e.to)}
			if again {
				row.Health = "(above)"
			}
			rows = append(rows, row)
			if !again && depth < 2*maxDepth {
				visit(e.to, depth+1)
			}
		}
	}
	visit(from, 1)
	return rows
}
