package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-k8s/internal/diagnose"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// surroundings are what of the cluster explains a cause.
func (d *doctor) surroundings(ctx context.Context, groups []diagnose.Finding) (all []around) {
	seen := make(map[string]bool)
	for _, g := range groups {
		namespace := d.namespace
		if len(g.Pods) > 0 {
			namespace, _, _ = strings.Cut(g.Pods[0], "/")
		}
		key := string(g.Cause) + namespace
		if seen[key] || namespace == "" && g.Cause != diagnose.Unschedulable {
			continue
		}
		seen[key] = true
		switch g.Cause {
		case diagnose.Claim:
			all = append(all, d.claims(ctx, namespace)...)
		case diagnose.Quota:
			all = append(all, d.quotas(ctx, namespace)...)
		case diagnose.Unschedulable, diagnose.Evicted, diagnose.NodeLost:
			if !seen["nodes"] {
				all = append(all, d.nodes(ctx)...)
			}
			seen["nodes"] = true
		}
	}
	return all[:min(len(all), maxAround)]
}

const maxAround = 12

func (d *doctor) claims(ctx context.Context, namespace string) (all []around) {
	list, err := d.c.Typed().CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{Limit: chunk})
	if err != nil {
		d.warn("persistentvolumeclaims", err)
		return nil
	}
	for _, c := range list.Items {
		if c.Status.Phase == corev1.ClaimBound {
			continue
		}
		class := "no storage class"
		if c.Spec.StorageClassName != nil && *c.Spec.StorageClassName != "" {
			class = "storage class " + *c.Spec.StorageClassName
		}
		size := c.Spec.Resources.Requests[corev1.ResourceStorage]
		all = append(all, around{"pvc " + c.Name, fmt.Sprintf("%s, %s, %s", c.Status.Phase, size.String(), class)})
		d.readEvents(ctx, namespace, "involvedObject.kind=PersistentVolumeClaim,involvedObject.name="+c.Name)
		d.see("PersistentVolumeClaim", namespace, c.Name)
	}
	classes, err := d.c.Typed().StorageV1().StorageClasses().List(ctx, metav1.ListOptions{Limit: chunk})
	if err != nil {
		d.warn("storageclasses", err)
		return all
	}
	var names []string
	for _, c := range classes.Items {
		name := c.Name
		if c.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" {
			name += " (default)"
		}
		names = append(names, name)
	}
	if names == nil {
		names = []string{"none"}
	}
	return append(all, around{"storage classes", listed(names, 8)})
}

func (d *doctor) quotas(ctx context.Context, namespace string) (all []around) {
	list, err := d.c.Typed().CoreV1().ResourceQuotas(namespace).List(ctx, metav1.ListOptions{Limit: chunk})
	if err != nil {
		d.warn("resourcequotas", err)
		return nil
	}
	for _, q := range list.Items {
		var parts []string
		for name, hard := range q.Status.Hard {
			used := q.Status.Used[name]
			parts = append(parts, fmt.Sprintf("%s %s of %s", name, used.String(), hard.String()))
		}
		slices.Sort(parts)
		all = append(all, around{"quota " + q.Name, strings.Join(parts, ", ")})
	}
	return all
}

// nodes are those that take no pods, and what the others have.
func (d *doctor) nodes(ctx context.Context) (all []around) {
	list, err := d.c.Typed().CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: chunk})
	if err != nil {
		d.warn("nodes", err)
		return nil
	}
	for _, n := range list.Items {
		state := nodeTrouble(n)
		for _, t := range n.Spec.Taints {
			if !strings.HasPrefix(t.Key, "node.kubernetes.io/") {
				state = append(state, "taint "+t.ToString())
			}
		}
		cpu, memory := n.Status.Allocatable[corev1.ResourceCPU], n.Status.Allocatable[corev1.ResourceMemory]
		state = append(state, fmt.Sprintf("allocatable cpu %s, memory %s", cpu.String(), memory.String()))
		all = append(all, around{"node " + n.Name, strings.Join(state, ", ")})
	}
	// Those in trouble first.
	slices.SortStableFunc(all, func(a, b around) int { return len(b.State) - len(a.State) })
	return all
}

// nodeTrouble is what is not as it should be with a node.
func nodeTrouble(n corev1.Node) (state []string) {
	ready := false
	for _, c := range n.Status.Conditions {
		switch {
		case c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue:
			ready = true
		case c.Type == corev1.NodeReady:
			state = append(state, "not ready: "+c.Reason)
		case c.Status == corev1.ConditionTrue:
			state = append(state, string(c.Type))
		}
	}
	if !ready && state == nil {
		state = append(state, "not ready: no kubelet has reported")
	}
	if n.Spec.Unschedulable {
		state = append(state, "cordoned")
	}
	return state
}

const (
	logLines = 20
	logBytes = 16 << 10
)

// logs are the last lines of the worst container that has any.
func (d *doctor) logs(ctx context.Context, groups []diagnose.Finding) (of string, rows []logRow) {
	for _, g := range groups {
		if !g.Logs || len(g.Pods) == 0 {
			continue
		}
		namespace, pod, _ := strings.Cut(g.Pods[0], "/")
		for _, previous := range []bool{g.Previous, false} {
			n, size := int64(logLines), int64(logBytes)
			stream, err := d.c.Typed().CoreV1().Pods(namespace).GetLogs(pod, &corev1.PodLogOptions{
				Container: g.Container, Previous: previous, TailLines: &n, LimitBytes: &size,
			}).Stream(ctx)
			if err != nil {
				continue
			}
			raw, err := io.ReadAll(io.LimitReader(stream, logBytes))
			stream.Close()
			text := strings.TrimSpace(string(raw))
			if err != nil || text == "" {
				continue
			}
			for l := range strings.SplitSeq(text, "\n") {
				rows = append(rows, logRow{kit.Shorten(l, 300)})
			}
			of = pod
			if g.Container != "" {
				of += "/" + g.Container
			}
			if previous {
				of += ", before its last restart"
			}
			return of, rows
		}
	}
	return "", nil
}

// shownEvents are warnings about what is in trouble, and what binds claims.
func (d *doctor) shownEvents() []eventRow {
	var all []corev1.Event
	for _, key := range d.told {
		for _, e := range d.events[key] {
			if e.Type != corev1.EventTypeNormal || e.Reason == "FailedBinding" || e.Reason == "Killing" {
				all = append(all, e)
			}
		}
	}
	rows := foldEvents(all, d.namespace)
	return rows[:min(len(rows), maxEvents)]
}
