package main

import (
	"fmt"
	"slices"

	"github.com/loom-core/loom/servers/mcp-k8s/internal/diagnose"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

func listOptions(limit int64) metav1.ListOptions { return metav1.ListOptions{Limit: limit} }

func (g *graph) connect(from, to, link string) {
	if from == to || slices.ContainsFunc(g.down[from], func(e edge) bool { return e.to == to }) {
		return
	}
	g.down[from] = append(g.down[from], edge{to, link})
	g.up[to] = append(g.up[to], edge{from, link})
}

// link finds how the objects belong together.
func (g *graph) link() {
	for _, key := range g.order {
		o := g.objects[key]
		for _, owner := range o.GetOwnerReferences() {
			from := g.byUID[string(owner.UID)]
			if from == "" {
				from = owner.Kind + "/" + owner.Name // of a kind that was not gathered
			}
			g.connect(from, key, "owns")
		}
		switch o.GetKind() {
		case "Service", "PodDisruptionBudget":
			g.selects(key, o)
		case "Ingress":
			for _, name := range backends(o.Object) {
				g.connect(key, "Service/"+name, "routes to")
			}
		case "HorizontalPodAutoscaler":
			kind, _, _ := unstructured.NestedString(o.Object, "spec", "scaleTargetRef", "kind")
			name, _, _ := unstructured.NestedString(o.Object, "spec", "scaleTargetRef", "name")
			g.connect(key, kind+"/"+name, "scales")
		case "Pod":
			g.mounts(key, o)
		case "PersistentVolumeClaim":
			if name, _, _ := unstructured.NestedString(o.Object, "spec", "volumeName"); name != "" {
				g.connect(key, "PersistentVolume/"+name, "bound to")
			}
		}
	}
}

func (g *graph) selects(key string, o *unstructured.Unstructured) {
	text, ok := selectorOf(o.Object)
	if !ok {
		return
	}
	selector, err := labels.Parse(text)
	if err != nil {
		return
	}
	for _, other := range g.order {
		if p := g.objects[other]; p.GetKind() == "Pod" && selector.Matches(labels.Set(p.GetLabels())) {
			g.connect(key, other, "selects")
		}
	}
}

// backends are the Services that an Ingress names.
func backends(v any) (names []string) {
	switch v := v.(type) {
	case map[string]any:
		if service, ok := v["service"].(map[string]any); ok {
			if name, ok := service["name"].(string); ok {
				names = append(names, name)
			}
		}
		for _, in := range v {
			names = append(names, backends(in)...)
		}
	case []any:
		for _, e := range v {
			names = append(names, backends(e)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// mounts are the claims, ConfigMaps and Secrets of a pod, by name.
func (g *graph) mounts(key string, o *unstructured.Unstructured) {
	var p corev1.Pod
	if into(o.Object, &p) != nil {
		return
	}
	for _, v := range p.Spec.Volumes {
		switch {
		case v.PersistentVolumeClaim != nil:
			g.connect(key, "PersistentVolumeClaim/"+v.PersistentVolumeClaim.ClaimName, "mounts")
		case v.ConfigMap != nil && v.ConfigMap.Name != "kube-root-ca.crt":
			g.connect(key, "ConfigMap/"+v.ConfigMap.Name, "mounts")
		case v.Secret != nil:
			g.connect(key, "Secret/"+v.Secret.SecretName, "mounts")
		}
	}
	for _, c := range append(p.Spec.InitContainers, p.Spec.Containers...) {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil {
				g.connect(key, "ConfigMap/"+from.ConfigMapRef.Name, "env")
			}
			if from.SecretRef != nil {
				g.connect(key, "Secret/"+from.SecretRef.Name, "env")
			}
		}
		for _, e := range c.Env {
			if e.ValueFrom == nil {
				continue
			}
			if ref := e.ValueFrom.ConfigMapKeyRef; ref != nil {
				g.connect(key, "ConfigMap/"+ref.Name, "env")
			}
			if ref := e.ValueFrom.SecretKeyRef; ref != nil {
				g.connect(key, "Secret/"+ref.Name, "env")
			}
		}
	}
}

// health is what the state of an object says, with ! before it when it is not well.
func (g *graph) health(key string) string {
	o := g.objects[key]
	if o == nil {
		return "" // known by name only
	}
	switch o.GetKind() {
	case "Pod":
		var p corev1.Pod
		if into(o.Object, &p) != nil {
			return ""
		}
		for _, f := range diagnose.Pod(&p, nil, g.k.now()) {
			if f.Serious() {
				return "!" + string(f.Cause)
			}
			return string(f.Cause)
		}
		return string(p.Status.Phase)
	case "Service":
		if _, selects := selectorOf(o.Object); selects {
			ready := 0
			for _, e := range g.down[key] {
				if p := g.objects[e.to]; p != nil && p.GetKind() == "Pod" {
					var of corev1.Pod
					if into(p.Object, &of) == nil && isReady(of) {
						ready++
					}
				}
			}
			if ready == 0 {
				return "!no ready pods"
			}
			return fmt.Sprintf("%d ready pods", ready)
		}
	case "Ingress":
		for _, e := range g.down[key] {
			if g.objects[e.to] == nil {
				return "!there is no " + e.to
			}
		}
	}
	if found := diagnose.Workload(o); len(found) > 0 {
		return "!" + string(found[0].Cause)
	}
	counters := replicasOf(o)
	if n, ok, _ := unstructured.NestedInt64(o.Object, "status", "readyReplicas"); (ok || counters != "") && o.GetKind() != "Job" && o.GetKind() != "DaemonSet" && n < desired(o) {
		return "!" + counters
	}
	return counters
}
