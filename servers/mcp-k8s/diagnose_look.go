package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/mcp-k8s/internal/diagnose"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
)

// object looks at one object and its pods.
func (d *doctor) object(ctx context.Context, a diagnoseArgs) (err error) {
	var t target
	var o *unstructured.Unstructured
	if a.Kind == "" {
		c, chooseErr := choose(d.c, a.Namespace, false)
		if chooseErr != nil {
			return chooseErr
		}
		if t, o, err = d.guess(ctx, a.Name, c); err != nil {
			return err
		}
	} else {
		if t, err = d.k.find(ctx, a.Kind, a.Namespace, false); err != nil {
			return err
		}
		if o, err = t.get(ctx, a.Name); err != nil {
			return err
		}
	}
	d.namespace = t.namespace
	d.target = fmt.Sprintf("%s %s", t.kind.Kind, o.GetName())
	if t.namespace != "" {
		d.target += " in " + t.namespace
	}
	d.see(t.kind.Kind, t.namespace, o.GetName())
	if t.kind.Kind == "Pod" && t.kind.Group == "" {
		d.readEvents(ctx, t.namespace, "involvedObject.name="+o.GetName())
		var p corev1.Pod
		if err := into(o.Object, &p); err != nil {
			return kit.Errorf(kit.Internal, "reading pod %s: %w", o.GetName(), err)
		}
		d.pod(&p)
		return nil
	}
	d.findings = append(d.findings, diagnose.Workload(o)...)
	d.replicas = replicasOf(o)
	if t.kind.Kind == "Node" && t.kind.Group == "" {
		if !d.c.Limit.Any() {
			return nil // its pods are of all namespaces
		}
		d.readEvents(ctx, "", "type=Warning")
		return d.eachPod(ctx, "", metav1.ListOptions{FieldSelector: "spec.nodeName=" + o.GetName()})
	}
	if t.namespace == "" {
		d.readEvents(ctx, "", "involvedObject.name="+o.GetName())
		return nil
	}
	d.readEvents(ctx, t.namespace, "involvedObject.name="+o.GetName())
	d.readEvents(ctx, t.namespace, "type=Warning")
	if t.kind.Kind == "PersistentVolumeClaim" {
		return nil
	}
	f := &finder{c: d.c, namespace: t.namespace}
	selector, ok := selectorOf(o.Object)
	if !ok && t.kind.Kind != "CronJob" && t.kind.Kind != "Job" {
		return nil
	}
	if ok {
		if err := d.eachPod(ctx, t.namespace, metav1.ListOptions{LabelSelector: selector}); err != nil {
			return err
		}
	} else {
		pods, err := f.owned(ctx, string(o.GetUID()))
		if err != nil {
			return err
		}
		for i := range pods {
			d.pod(&pods[i])
		}
	}
	d.uncreated(ctx, t, o)
	if want := desired(o); d.pods == 0 && want != 0 && len(d.findings) == 0 && t.kind.Kind != "Job" && t.kind.Kind != "CronJob" {
		f := diagnose.Finding{Cause: diagnose.NoPods, Detail: "no pod has the labels " + selector}
		if t.kind.Kind == "Service" {
			f.Advice = "the selector of the Service fits no pod: compare it with the labels of the pods"
		}
		d.findings = append(d.findings, f)
	}
	return nil
}

// uncreated looks for pods that could not be made: events are about the object,
// or about what it makes its pods with.
func (d *doctor) uncreated(ctx context.Context, t target, o *unstructured.Unstructured) {
	if slices.ContainsFunc(d.findings, func(f diagnose.Finding) bool {
		return f.Cause == diagnose.Quota || f.Cause == diagnose.CreateFailed
	}) || d.pods > 0 && d.unready == 0 && int64(d.pods) >= desired(o) {
		return
	}
	about := d.events.Of(t.kind.Kind, t.namespace, o.GetName())
	if t.kind.Kind == "Deployment" {
		sets, err := d.c.Typed().AppsV1().ReplicaSets(t.namespace).List(ctx, metav1.ListOptions{Limit: chunk})
		if err != nil {
			d.warn("replicasets", err)
			return
		}
		for _, rs := range sets.Items {
			if owner := metav1.GetControllerOfNoCopy(&rs); owner != nil && owner.UID == o.GetUID() && rs.Spec.Replicas != nil && *rs.Spec.Replicas > rs.Status.Replicas {
				d.see("ReplicaSet", t.namespace, rs.Name)
				about = append(about, d.events.Of("ReplicaSet", t.namespace, rs.Name)...)
			}
		}
	}
	d.findings = append(d.findings, diagnose.CreateFailures(about)...)
}

func desired(o *unstructured.Unstructured) int64 {
	for _, path := range [][]string{{"status", "desiredNumberScheduled"}, {"spec", "replicas"}} {
		if n, ok, err := unstructured.NestedInt64(o.Object, path...); ok && err == nil {
			return n
		}
	}
	return 1
}

// replicasOf is the counters of a workload.
func replicasOf(o *unstructured.Unstructured) string {
	text := ""
	add := func(name string, path ...string) {
		if n, ok, err := unstructured.NestedInt64(o.Object, path...); ok && err == nil {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%d %s", n, name)
		}
	}
	switch o.GetKind() {
	case "Deployment", "StatefulSet", "ReplicaSet":
		add("wanted", "spec", "replicas")
		add("ready", "status", "readyReplicas")
		add("updated", "status", "updatedReplicas")
		add("unavailable", "status", "unavailableReplicas")
	case "DaemonSet":
		add("wanted", "status", "desiredNumberScheduled")
		add("ready", "status", "numberReady")
		add("updated", "status", "updatedNumberScheduled")
	case "Job":
		add("wanted", "spec", "completions")
		add("active", "status", "active")
		add("succeeded", "status", "succeeded")
		add("failed", "status", "failed")
	}
	return text
}

func (d *doctor) see(kind, namespace, name string) {
	d.told = append(d.told, kind+"/"+namespace+"/"+name)
}

func (d *doctor) warn(what string, err error) {
	text := fmt.Sprintf("%s could not be looked at: %v", what, d.c.Error(context.Background(), err, cluster.Request{Verb: "list", Kind: cluster.Kind{Resource: what}}))
	if !slices.Contains(d.warnings, text) {
		d.warnings = append(d.warnings, kit.Shorten(text, 300))
	}
}

// pod looks at one.
func (d *doctor) pod(p *corev1.Pod) {
	d.pods++
	found := diagnose.Pod(p, d.events.Of("Pod", p.Namespace, p.Name), d.k.now())
	if len(found) == 0 {
		return
	}
	d.unready++
	d.findings = append(d.findings, found...)
	if d.unready <= maxEvents {
		d.see("Pod", p.Namespace, p.Name)
	}
}

// eachPod looks at the pods of a list, a page at a time.
func (d *doctor) eachPod(ctx context.Context, namespace string, options metav1.ListOptions) error {
	options.Limit = chunk
	for {
		list, err := d.c.Typed().CoreV1().Pods(namespace).List(ctx, options)
		if err != nil {
			return d.c.Error(ctx, err, cluster.Request{Verb: "list", Kind: cluster.Kind{Version: "v1", Resource: "pods", Namespaced: true}, Namespace: namespace})
		}
		for i := range list.Items {
			d.pod(&list.Items[i])
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return nil
		}
	}
}

// maxEventPages bounds what is read of a cluster in trouble.
const maxEventPages = 6

// readEvents adds those of a namespace that a selector fits.
func (d *doctor) readEvents(ctx context.Context, namespace, selector string) {
	if _, err := fields.ParseSelector(selector); err != nil {
		return
	}
	options := metav1.ListOptions{FieldSelector: selector, Limit: chunk}
	var all []corev1.Event
	for range maxEventPages {
		list, err := d.c.Typed().CoreV1().Events(namespace).List(ctx, options)
		if err != nil {
			d.warn("events", err)
			break
		}
		all = append(all, list.Items...)
		if options.Continue = list.Continue; options.Continue == "" {
			break
		}
	}
	for key, of := range diagnose.NewEvents(all) {
		for _, e := range of {
			if !slices.ContainsFunc(d.events[key], func(known corev1.Event) bool { return known.UID == e.UID && known.Name == e.Name }) {
				d.events[key] = append(d.events[key], e)
			}
		}
	}
}

// many looks at all pods of a namespace or a selector, and at what has none.
func (d *doctor) many(ctx context.Context, a diagnoseArgs) error {
	t, err := d.k.find(ctx, "v1/Pod", a.Namespace, false)
	if err != nil {
		return err
	}
	selector, err := cluster.CheckLabels(a.LabelSelector)
	if err != nil {
		return err
	}
	spaces, err := t.namespaces(ctx)
	if err != nil {
		return err
	}
	d.namespace = t.namespace
	d.target = "namespace " + t.namespace
	if t.namespace == "" {
		d.target = "all namespaces"
	}
	if selector != "" {
		d.target = "pods with " + selector + " in " + d.target
	}
	for _, space := range spaces {
		d.readEvents(ctx, space, "type=Warning")
		if err := d.eachPod(ctx, space, metav1.ListOptions{LabelSelector: selector}); err != nil {
			return err
		}
		d.withoutPods(ctx, space, selector)
	}
	if d.pods == 0 && len(d.findings) == 0 {
		if e := absent(ctx, d.c, d.namespace); e != nil {
			return e
		}
	}
	return nil
}

// withoutPods looks at workloads whose pods do not exist, and at claims.
func (d *doctor) withoutPods(ctx context.Context, namespace, selector string) {
	for _, of := range []string{"apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/Job", "v1/PersistentVolumeClaim"} {
		kind, err := d.c.Kind(ctx, of)
		if err != nil {
			continue
		}
		t := target{Cluster: d.c, kind: kind, namespace: namespace}
		list, err := t.resource().List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: chunk})
		if err != nil {
			d.warn(kind.Resource, err)
			continue
		}
		for i := range list.Items {
			o := &list.Items[i]
			found := diagnose.Workload(o)
			if len(found) == 0 && kind.Kind != "Deployment" {
				found = diagnose.CreateFailures(d.events.Of(kind.Kind, o.GetNamespace(), o.GetName()))
			}
			for _, f := range found {
				if f.Cause == diagnose.Condition {
					continue // suspended, scaled down: somebody wants it so
				}
				f.Detail = fmt.Sprintf("%s %s: %s", kind.Singular, o.GetName(), f.Detail)
				d.findings = append(d.findings, f)
				d.see(kind.Kind, o.GetNamespace(), o.GetName())
			}
		}
	}
}
