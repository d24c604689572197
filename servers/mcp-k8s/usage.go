package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type usageArgs struct {
	Target        string `arg:"target" enum:"pods,nodes,containers" default:"pods" alias:"kind"`
	Namespace     string `arg:"namespace" alias:"ns"`
	AllNamespaces bool   `arg:"all_namespaces"`
	LabelSelector string `arg:"label_selector" alias:"labels"`
	Sort          string `arg:"sort" enum:"cpu,memory" default:"memory"`
	kit.Paging
}

type usageHead struct {
	Target    string   `json:"target"`
	Namespace string   `json:"namespace,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

type usageRow struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Container string `json:"container,omitempty"`
	CPU       string `json:"cpu"`
	CPUOf     string `json:"cpu_of,omitempty"` // request/limit, or allocatable
	Memory    string `json:"memory"`
	MemoryOf  string `json:"memory_of,omitempty"`
	Percent   string `json:"memory_percent,omitempty"` // of the limit, or of allocatable

	cpu, memory int64
}

func (k *k8s) getUsage() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "get_usage", Title: "Get CPU and memory use",
		Description: "Beside requests and limits, or allocatable. Needs metrics-server.",
		Hints:       kit.ReadLocal, Output: usageHead{}, ListName: "rows",
		Example: `{"target":"containers","namespace":"shop"}`,
	}, k.runUsage)
}

func (k *k8s) runUsage(ctx context.Context, a usageArgs) (*kit.Result, error) {
	kind := "pods.metrics.k8s.io"
	if a.Target == "nodes" {
		kind = "nodes.metrics.k8s.io"
	}
	t, err := k.find(ctx, kind, a.Namespace, a.AllNamespaces)
	if err != nil {
		return nil, k.noMetrics(ctx, err)
	}
	if a.LabelSelector, err = cluster.CheckLabels(a.LabelSelector); err != nil {
		return nil, err
	}
	out := usageHead{Target: a.Target, Namespace: t.namespace}
	var rows []usageRow
	if a.Target == "nodes" {
		rows, err = nodeUsage(ctx, t, &out)
	} else {
		rows, err = podUsage(ctx, t, a, &out)
	}
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		out.Warnings = append(out.Warnings, nowhere(ctx, t.Cluster, t.namespace)...)
	}
	slices.SortStableFunc(rows, func(x, y usageRow) int {
		if a.Sort == "cpu" {
			return cmp.Compare(y.cpu, x.cpu)
		}
		return cmp.Compare(y.memory, x.memory)
	})
	return kit.Records(out, kit.Slice(a.Paging, rows)).Narrow("narrow with namespace or label_selector"), nil
}

// noMetrics tells a cluster without metrics from one whose metrics are down: only
// to the second it helps to call again.
func (k *k8s) noMetrics(ctx context.Context, err error) error {
	if !errors.Is(err, cluster.ErrNoKind) {
		return err
	}
	const otherwise = "limits and requests are in get_resource kind=pod part=spec"
	if c, err := k.clusters.Of(ctx); err == nil {
		if known, err := c.Kinds(ctx); err == nil {
			for _, why := range known.Down {
				if strings.HasPrefix(why, "metrics.k8s.io/") {
					return kit.Errorf(kit.Unavailable, "the metrics of the cluster are down: %s", why).
						WithHint("list_resources kind=apiservices name=*metrics.k8s.io says why; %s", otherwise)
				}
			}
		}
	}
	return kit.Errorf(kit.Unsupported, "the cluster has no metrics: the API metrics.k8s.io is not served").
		WithHint("metrics-server is not installed; %s", otherwise)
}

// metric is one of metrics.k8s.io.
type metric struct {
	Metadata   metav1.ObjectMeta   `json:"metadata"`
	Usage      corev1.ResourceList `json:"usage"`
	Containers []struct {
		Name  string              `json:"name"`
		Usage corev1.ResourceList `json:"usage"`
	} `json:"containers"`
}

func metrics(ctx context.Context, t target, namespace, selector string) (all []metric, err error) {
	in := t
	in.namespace = namespace
	list, err := in.resource().List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, t.Error(ctx, err, in.request("list", ""))
	}
	for _, o := range list.Items {
		var m metric
		if err := into(o.Object, &m); err != nil {
			return nil, kit.Errorf(kit.Unavailable, "reading metrics of %s: %w", o.GetName(), err)
		}
		all = append(all, m)
	}
	return all, nil
}

func nodeUsage(ctx context.Context, t target, out *usageHead) (rows []usageRow, err error) {
	all, err := metrics(ctx, t, "", "")
	if err != nil {
		return nil, err
	}
	has := make(map[string]corev1.ResourceList)
	if nodes, err := t.Typed().CoreV1().Nodes().List(ctx, metav1.ListOptions{}); err == nil {
		for _, n := range nodes.Items {
			has[n.Name] = n.Status.Allocatable
		}
	} else {
		out.Warnings = append(out.Warnings, "nodes: "+t.Error(ctx, err, t.request("list", "")).Error())
	}
	for _, m := range all {
		r := usageRow{Name: m.Metadata.Name}
		r.fill(m.Usage, nil, has[m.Metadata.Name])
		rows = append(rows, r)
	}
	return rows, nil
}

func podUsage(ctx context.Context, t target, a usageArgs, out *usageHead) (rows []usageRow, err error) {
	spaces, err := t.namespaces(ctx)
	if err != nil {
		return nil, err
	}
	for _, space := range spaces {
		all, err := metrics(ctx, t, space, a.LabelSelector)
		if err != nil {
			return nil, err
		}
		specs := make(map[string]map[string]corev1.ResourceRequirements)
		options := metav1.ListOptions{LabelSelector: a.LabelSelector, Limit: chunk}
		for {
			pods, err := t.Typed().CoreV1().Pods(space).List(ctx, options)
			if err != nil {
				out.Warnings = append(out.Warnings, "requests and limits: "+t.Error(ctx, err, t.request("list", "")).Error())
				break
			}
			for _, p := range pods.Items {
				of := make(map[string]corev1.ResourceRequirements)
				for _, c := range append(p.Spec.InitContainers, p.Spec.Containers...) {
					of[c.Name] = c.Resources
				}
				specs[p.Namespace+"/"+p.Name] = of
			}
			if options.Continue = pods.Continue; options.Continue == "" {
				break
			}
		}
		for _, m := range all {
			rows = append(rows, rowsOf(m, specs[m.Metadata.Namespace+"/"+m.Metadata.Name], a.Target == "containers", t.namespace == "")...)
		}
	}
	return rows, nil
}

func rowsOf(m metric, specs map[string]corev1.ResourceRequirements, each, withNamespace bool) (rows []usageRow) {
	name := usageRow{Name: m.Metadata.Name}
	if withNamespace {
		name.Namespace = m.Metadata.Namespace
	}
	use, requests, limits := corev1.ResourceList{}, corev1.ResourceList{}, corev1.ResourceList{}
	limited := map[corev1.ResourceName]int{}
	for _, c := range m.Containers {
		if each {
			r := name
			r.Container = c.Name
			requests := specs[c.Name].Requests
			if requests == nil {
				requests = corev1.ResourceList{} // nil is for nodes
			}
			r.fill(c.Usage, requests, specs[c.Name].Limits)
			rows = append(rows, r)
		}
		for _, of := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			add(use, of, c.Usage)
			add(requests, of, specs[c.Name].Requests)
			if _, ok := specs[c.Name].Limits[of]; ok {
				limited[of]++
			}
			add(limits, of, specs[c.Name].Limits)
		}
	}
	if each {
		return rows
	}
	for _, of := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if limited[of] < len(m.Containers) {
			delete(limits, of) // one without a limit: the pod has none
		}
	}
	name.fill(use, requests, limits)
	return []usageRow{name}
}

func add(to corev1.ResourceList, name corev1.ResourceName, from corev1.ResourceList) {
	if q, ok := from[name]; ok {
		sum := to[name]
		sum.Add(q)
		to[name] = sum
	}
}

func (r *usageRow) fill(use, requests, limits corev1.ResourceList) {
	cpu, memory := use[corev1.ResourceCPU], use[corev1.ResourceMemory]
	r.cpu, r.memory = cpu.MilliValue(), memory.Value()
	r.CPU, r.Memory = fmt.Sprintf("%dm", r.cpu), mebibytes(memory)
	milli := func(q resource.Quantity) string { return fmt.Sprintf("%dm", q.MilliValue()) }
	r.CPUOf, r.MemoryOf = share(requests, limits, corev1.ResourceCPU, milli), share(requests, limits, corev1.ResourceMemory, mebibytes)
	if limit, ok := limits[corev1.ResourceMemory]; ok && limit.Value() > 0 {
		r.Percent = fmt.Sprintf("%d%%", r.memory*100/limit.Value())
	}
}

// share is request/limit, or what there is of them.
func share(requests, limits corev1.ResourceList, name corev1.ResourceName, show func(resource.Quantity) string) string {
	request, limit := "-", "-"
	if q, ok := requests[name]; ok {
		request = show(q)
	}
	if q, ok := limits[name]; ok {
		limit = show(q)
	}
	switch {
	case requests == nil && limit != "-":
		return limit // of a node
	case request == "-" && limit == "-":
		return ""
	}
	return request + "/" + limit
}

func mebibytes(q resource.Quantity) string { return fmt.Sprintf("%dMi", q.Value()>>20) }
