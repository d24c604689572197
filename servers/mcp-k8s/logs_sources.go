package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// source is a container whose log is read.
type source struct {
	pod, container string
	short          string // how its lines are marked
}

// maxSources is how many logs are read for one call.
const maxSources = 20

// finder finds pods of a namespace.
type finder struct {
	c         *cluster.Cluster
	namespace string
	warnings  []string
}

func (f *finder) sources(ctx context.Context, a logsArgs) ([]source, error) {
	pods, err := f.pods(ctx, a.Name, a.Owner, a.LabelSelector)
	if err != nil {
		return nil, err
	}
	if a.Container != "" {
		if err := cluster.CheckName("container", a.Container); err != nil {
			return nil, err
		}
	}
	var all []source
	var known []string
	for _, p := range pods {
		for _, name := range containersOf(p, a.Container) {
			all = append(all, source{pod: p.Name, container: name})
		}
		for _, name := range containersOf(p, "all") {
			if !slices.Contains(known, name) {
				known = append(known, name)
			}
		}
	}
	if len(all) == 0 {
		return nil, kit.Errorf(kit.NotFound, "there is no container %q", a.Container).WithHint("containers are %s", strings.Join(known, ", "))
	}
	if len(all) > maxSources {
		f.warnings = append(f.warnings, fmt.Sprintf("%d logs of %d are read, of pods that are not ready and the newest; name a pod or container for others", maxSources, len(all)))
		all = all[:maxSources]
	}
	shorten(all)
	return all, nil
}

// containersOf are those to read: the one that was named, all, or the main ones.
func containersOf(p corev1.Pod, wanted string) (names []string) {
	for _, c := range p.Spec.Containers {
		names = append(names, c.Name)
	}
	var more []string
	for _, c := range p.Spec.InitContainers {
		more = append(more, c.Name)
	}
	for _, c := range p.Spec.EphemeralContainers {
		more = append(more, c.Name)
	}
	switch main := p.Annotations["kubectl.kubernetes.io/default-container"]; {
	case wanted == "all":
		return append(more, names...)
	case wanted != "":
		if slices.Contains(names, wanted) || slices.Contains(more, wanted) {
			return []string{wanted}
		}
		return nil
	case slices.Contains(names, main):
		return []string{main}
	}
	return names
}

// pods are those of a name, an owner or a selector.
func (f *finder) pods(ctx context.Context, name, owner, selector string) ([]corev1.Pod, error) {
	if owner == "" && strings.Count(name, "/") == 1 {
		owner, name = name, "" // models write it there
	}
	if kind, of, ok := strings.Cut(owner, "/"); ok && slices.Contains([]string{"pod", "pods", "po"}, strings.ToLower(kind)) {
		owner, name = "", of
	}
	switch {
	case name != "":
		t, err := f.target(ctx, "v1/Pod")
		if err != nil {
			return nil, err
		}
		if err := cluster.CheckName("name", name); err != nil {
			return nil, err
		}
		p, err := f.c.Typed().CoreV1().Pods(f.namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return nil, t.missing(ctx, f.c.Error(ctx, err, t.request("get", name)), name)
		}
		return []corev1.Pod{*p}, nil
	case owner != "":
		return f.ofOwner(ctx, owner)
	case selector != "":
		checked, err := cluster.CheckLabels(selector)
		if err != nil {
			return nil, err
		}
		return f.selected(ctx, checked, "label_selector "+checked)
	}
	return nil, kit.Errorf(kit.InvalidArgument, "one of name, owner and label_selector is required").
		WithHint("for example owner=deploy/web; list_resources kind=pods has the names")
}

func (f *finder) target(ctx context.Context, kind string) (target, error) {
	found, err := f.c.Kind(ctx, kind)
	t := target{Cluster: f.c, kind: found}
	if found.Namespaced {
		t.namespace = f.namespace
	}
	return t, err
}

// ofOwner follows spec.selector, and for what has none the owners of pods.
func (f *finder) ofOwner(ctx context.Context, owner string) ([]corev1.Pod, error) {
	i := strings.LastIndexByte(owner, '/')
	if i < 1 {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"owner\" is %q, want kind/name such as deploy/web", clip(owner))
	}
	t, err := f.target(ctx, owner[:i])
	if err != nil {
		return nil, err
	}
	o, err := t.get(ctx, owner[i+1:])
	if err != nil {
		return nil, err
	}
	selector, ok := selectorOf(o.Object)
	if ok {
		return f.selected(ctx, selector, owner)
	}
	pods, err := f.owned(ctx, string(o.GetUID()))
	if err == nil && len(pods) == 0 {
		err = kit.Errorf(kit.NotFound, "%s has no pods", owner).WithHint("diagnose_workload kind=%s name=%s says why", t.kind.Singular, o.GetName())
	}
	return pods, err
}

// selectorOf is the label selector by which an object has pods.
func selectorOf(o map[string]any) (string, bool) {
	spec, _ := o["spec"].(map[string]any)
	in, _ := spec["selector"].(map[string]any)
	if len(in) == 0 {
		return "", false
	}
	var s metav1.LabelSelector
	plain := labels.Set{}
	for name, v := range in {
		text, ok := v.(string)
		if !ok {
			plain = nil
			break
		}
		plain[name] = text
	}
	if plain != nil {
		return plain.AsSelector().String(), true // a Service
	}
	if err := into(in, &s); err != nil {
		return "", false
	}
	selector, err := metav1.LabelSelectorAsSelector(&s)
	if err != nil || selector.Empty() {
		return "", false
	}
	return selector.String(), true
}

func (f *finder) selected(ctx context.Context, selector, what string) ([]corev1.Pod, error) {
	list, err := f.c.Typed().CoreV1().Pods(f.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: chunk})
	if err != nil {
		return nil, f.c.Error(ctx, err, cluster.Request{Verb: "list", Kind: cluster.Kind{Resource: "pods"}, Namespace: f.namespace})
	}
	if len(list.Items) == 0 {
		if e := absent(ctx, f.c, f.namespace); e != nil {
			return nil, e
		}
		return nil, kit.Errorf(kit.NotFound, "%s has no pods in namespace %s (%s)", what, f.namespace, selector).
			WithHint("diagnose_workload says why; list_resources kind=pods namespace=%s has those that there are", f.namespace)
	}
	worstFirst(list.Items)
	return list.Items, nil
}

// owned are the pods that something owns, also through another: CronJob, Job, Pod.
func (f *finder) owned(ctx context.Context, uid string) ([]corev1.Pod, error) {
	owners := map[string]bool{uid: true}
	jobs, err := f.c.Typed().BatchV1().Jobs(f.namespace).List(ctx, metav1.ListOptions{Limit: chunk})
	if err == nil {
		for _, j := range jobs.Items {
			if owner := metav1.GetControllerOfNoCopy(&j); owner != nil && owners[string(owner.UID)] {
				owners[string(j.UID)] = true
			}
		}
	}
	list, err := f.c.Typed().CoreV1().Pods(f.namespace).List(ctx, metav1.ListOptions{Limit: chunk})
	if err != nil {
		return nil, f.c.Error(ctx, err, cluster.Request{Verb: "list", Kind: cluster.Kind{Resource: "pods"}, Namespace: f.namespace})
	}
	pods := slices.DeleteFunc(list.Items, func(p corev1.Pod) bool {
		owner := metav1.GetControllerOfNoCopy(&p)
		return owner == nil || !owners[string(owner.UID)]
	})
	worstFirst(pods)
	return pods, nil
}

// worstFirst puts pods that are not ready first, then the newest.
func worstFirst(pods []corev1.Pod) {
	slices.SortStableFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), b.CreationTimestamp.Compare(a.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
	})
}

func rank(p corev1.Pod) int {
	if isReady(p) || p.Status.Phase == corev1.PodSucceeded {
		return 1
	}
	return 0
}

func isReady(p corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// shorten gives each source the shortest mark that is its own: what follows the
// start that all pods share, and the container where there are several.
func shorten(all []source) {
	var pods, containers []string
	for _, s := range all {
		if !slices.Contains(pods, s.pod) {
			pods = append(pods, s.pod)
		}
		if !slices.Contains(containers, s.container) {
			containers = append(containers, s.container)
		}
	}
	start := 0
	if len(pods) > 1 {
		start = strings.LastIndexByte(common(pods), '-') + 1
	}
	for i := range all {
		switch {
		case len(pods) == 1:
			all[i].short = all[i].container
		case len(containers) == 1:
			all[i].short = all[i].pod[start:]
		default:
			all[i].short = all[i].pod[start:] + "/" + all[i].container
		}
	}
}

func common(names []string) string {
	prefix := names[0]
	for _, name := range names[1:] {
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}
