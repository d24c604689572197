package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

// prunable are the kinds that are looked through beside those of the manifest:
// what people write manifests of. Claims are not, and are never pruned: their
// data would go with them.
var prunable = []string{
	"pods", "services", "configmaps", "secrets", "serviceaccounts", "deployments.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch", "cronjobs.batch",
	"ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io", "horizontalpodautoscalers.autoscaling", "poddisruptionbudgets.policy",
	"roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
}

// maxPruned is how many objects go with one manifest: as many as people read.
const maxPruned = 20

// pruned are the objects that apply_manifest applied before and that are in the
// manifest no more: of its namespaces, with these labels, and with fields that
// are ours. Whatever others made stays.
func (o *ops) pruned(ctx context.Context, s *session, docs []document, selector string) ([]*doomed, error) {
	if selector == "" || selector == "false" {
		return nil, nil
	}
	selector, namespaces, err := pruneScope(docs, selector)
	if err != nil {
		return nil, err
	}
	if len(namespaces) == 0 {
		s.warnings.add("nothing is pruned: no object of the manifest is in a namespace")
		return nil, nil
	}
	known, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	kinds := slices.DeleteFunc(slices.Clone(known), func(k cluster.Kind) bool {
		inManifest := slices.ContainsFunc(docs, func(d document) bool { return d.is(k.GroupResource()) })
		return !k.Namespaced || !k.Preferred || !k.Can("list") || !k.Can("delete") || k.GroupResource() == "persistentvolumeclaims" ||
			!inManifest && !slices.Contains(prunable, k.GroupResource())
	})
	var found []target
	for _, namespace := range namespaces {
		lists, err := s.list(ctx, kinds, namespace, selector, "what to prune")
		if err != nil {
			return nil, err
		}
		for i, list := range lists {
			for j := range list {
				t := target{kind: kinds[i], namespace: namespace, name: list[j].GetName()}
				if prunes(&list[j]) && !slices.ContainsFunc(docs, func(d document) bool { return d.target.String() == t.String() }) {
					found = append(found, t)
				}
			}
		}
	}
	if len(found) > maxPruned {
		return nil, kit.Errorf(kit.TooLarge, "%d objects would be pruned, at most %d are: %s and others", len(found), maxPruned, found[0]).
			WithHint("give prune more labels, or delete some of them with delete_resource")
	}
	var all []*doomed
	for _, t := range found {
		if err := o.mayWrite(s, t); err != nil {
			return nil, err
		}
		d, err := s.doom(ctx, t, deleteArgs{Propagation: "background"})
		if is(err, kit.NotFound) {
			continue // by now
		} else if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// pruneScope is where to look, and by which labels. All objects of the manifest
// must have them: labels of something else would take that away.
func pruneScope(docs []document, text string) (selector string, namespaces []string, err error) {
	parsed, err := labels.Parse(text)
	if err != nil || parsed.Empty() || len(text) > 1000 {
		return "", nil, kit.Errorf(kit.InvalidArgument, "argument \"prune\" is %q, want a label selector", shortened(text)).WithHint("write app=web")
	}
	for _, d := range docs {
		if !parsed.Matches(labels.Set(d.object.GetLabels())) {
			return "", nil, kit.Errorf(kit.InvalidArgument, "argument \"prune\" is %q, and %s of the manifest has no such labels", shortened(text), d.target).
				WithHint("prune takes the labels that all objects of the manifest have, such as app=web")
		}
		if d.namespace != "" && !slices.Contains(namespaces, d.namespace) {
			namespaces = append(namespaces, d.namespace)
		}
	}
	return parsed.String(), namespaces, nil
}

// prunes reports whether an object was applied by us, and is nobody else's to
// make or to end.
func prunes(u *unstructured.Unstructured) bool {
	applied := slices.ContainsFunc(u.GetManagedFields(), func(e metav1.ManagedFieldsEntry) bool {
		return e.Manager == manager && e.Operation == metav1.ManagedFieldsOperationApply && e.Subresource == ""
	})
	return applied && metav1.GetControllerOf(u) == nil && u.GetDeletionTimestamp() == nil
}

// prune deletes what the plan has.
func (s *session) prune(ctx context.Context, all []*doomed, plan []*applied) error {
	for i, d := range all {
		if err := s.remove(ctx, d, deleteArgs{Propagation: "background"}); err != nil {
			return partly(err, fmt.Sprintf("the manifest was applied, and %s was not pruned", d.target), objects(all[:i]))
		}
		plan[i].Action = "deleted"
	}
	return nil
}

func objects(all []*doomed) (names []string) {
	for _, d := range all {
		names = append(names, d.Object)
	}
	return names
}
