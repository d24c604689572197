package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/loom-core/loom/servers/kube/cluster"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// owned are the kinds in a namespace that others own. With those of the group of
// an object of its own API they are nearly all; to list every kind of a cluster
// would take a request for each.
var owned = []string{
	"pods", "replicasets.apps", "deployments.apps", "statefulsets.apps", "daemonsets.apps", "controllerrevisions.apps",
	"jobs.batch", "cronjobs.batch", "services", "endpointslices.discovery.k8s.io", "configmaps", "secrets", "serviceaccounts",
	"persistentvolumeclaims", "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io",
	"horizontalpodautoscalers.autoscaling", "poddisruptionbudgets.policy", "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
}

const (
	// maxListed bounds what is looked through of one kind.
	maxListed = 2000
	// maxNamed is how many dependents are named, the others are counted.
	maxNamed   = 20
	concurrent = 6
)

// dependents is what has an object for its owner.
type dependents struct {
	all    []string // go with it
	direct []string // have it as an owner themselves
	shared []string // have another owner that stays
	pods   []*unstructured.Unstructured
	names  []string // all of them, however many, and which of these they are
}

// kindsToLook are the kinds that may have t for an owner.
func kindsToLook(all []cluster.Kind, t target) []cluster.Kind {
	own := strings.Contains(t.kind.Group, ".") && !strings.HasSuffix(t.kind.Group, ".k8s.io")
	return slices.DeleteFunc(slices.Clone(all), func(k cluster.Kind) bool {
		return !k.Namespaced || !k.Preferred || !k.Can("list") || !slices.Contains(owned, k.GroupResource()) && !(own && k.Group == t.kind.Group)
	})
}

// list reads objects of many kinds in a namespace. What may not be listed is a
// warning, which says what they were looked through for.
func (s *session) list(ctx context.Context, kinds []cluster.Kind, namespace, selector, purpose string) ([][]unstructured.Unstructured, error) {
	all := make([][]unstructured.Unstructured, len(kinds))
	slots := make(chan struct{}, concurrent)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var missing []string
	for i, k := range kinds {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			// The masked client: names and owners are all that is wanted.
			list, err := s.Dynamic().Resource(k.GVR()).Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: maxListed})
			if err != nil {
				mu.Lock()
				missing = append(missing, k.GroupResource())
				mu.Unlock()
				return
			}
			if list.GetContinue() != "" {
				s.warnings.add(fmt.Sprintf("there are more than %d %s; only those were looked through", maxListed, k.GroupResource()))
			}
			all[i] = list.Items
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		s.warnings.add("could not be looked through for " + purpose + ": " + strings.Join(missing, ", "))
	}
	return all, nil
}

// dependents finds, through all generations, what goes with the owners.
func (s *session) dependents(ctx context.Context, t target, owners []types.UID) (*dependents, error) {
	known, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	kinds := kindsToLook(known, t)
	lists, err := s.list(ctx, kinds, t.namespace, "", "dependents")
	if err != nil {
		return nil, err
	}
	gone, found := make(map[types.UID]bool), new(dependents)
	for _, uid := range owners {
		gone[uid] = true
	}
	shared := make(map[string]bool)
	for again := true; again; {
		again = false
		for i, list := range lists {
			for j := range list {
				u := &list[j]
				refs := u.GetOwnerReferences()
				lost := func(ref metav1.OwnerReference) bool { return gone[ref.UID] }
				if gone[u.GetUID()] || !slices.ContainsFunc(refs, lost) {
					continue
				}
				name := kinds[i].GroupResource() + " " + u.GetName()
				if slices.ContainsFunc(refs, func(ref metav1.OwnerReference) bool { return !gone[ref.UID] }) {
					shared[name] = true
					continue
				}
				delete(shared, name)
				if slices.ContainsFunc(refs, func(ref metav1.OwnerReference) bool { return slices.Contains(owners, ref.UID) }) {
					found.direct = append(found.direct, name)
				}
				gone[u.GetUID()], again = true, true
				found.all = append(found.all, name)
				if kinds[i].GroupResource() == "pods" {
					found.pods = append(found.pods, u)
				}
			}
		}
	}
	for name := range shared {
		found.shared = append(found.shared, name)
	}
	slices.Sort(found.shared)
	for what, names := range map[string][]string{"goes": found.all, "loses": found.shared} {
		for _, name := range names {
			found.names = append(found.names, what+" "+name)
		}
	}
	found.all, found.direct, found.shared = named(found.all), named(found.direct), named(found.shared)
	return found, nil
}

func named(all []string) []string {
	if len(all) <= maxNamed {
		return all
	}
	return append(all[:maxNamed:maxNamed], fmt.Sprintf("and %d more", len(all)-maxNamed))
}

// foretellNamespace counts what is in a namespace.
func (s *session) foretellNamespace(ctx context.Context, d *doomed) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	kinds := slices.DeleteFunc(slices.Clone(known), func(k cluster.Kind) bool {
		return !k.Namespaced || !k.Preferred || !k.Can("list") || !k.Can("delete") || strings.HasSuffix(k.Resource, "events")
	})
	lists, err := s.list(ctx, kinds, d.target.name, "", "dependents")
	if err != nil {
		return err
	}
	for i, list := range lists {
		if len(list) > 0 {
			d.Dependents = append(d.Dependents, fmt.Sprintf("%d %s", len(list), kinds[i].GroupResource()))
		}
	}
	d.with = d.Dependents
	if kinds, err := s.Kinds(ctx); err == nil && len(kinds.Down) > 0 {
		s.warnings.add("Kubernetes ends no namespace while an API is down: it stays in Terminating until that answers, or its APIService is deleted")
	}
	s.warnings.add("all that is in the namespace goes with it, volumes too if their class says so")
	return nil
}

// foretellCRD counts the objects of a kind that goes.
func (s *session) foretellCRD(ctx context.Context, d *doomed) error {
	resource, group, _ := strings.Cut(d.target.name, ".")
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.Group != group || k.Resource != resource || !k.Preferred {
			continue
		}
		list, err := s.Dynamic().Resource(k.GVR()).List(ctx, metav1.ListOptions{Limit: maxListed})
		if err != nil {
			return s.fail(ctx, err, "list", target{kind: k})
		}
		if n := len(list.Items); n > 0 {
			d.Dependents = append(d.Dependents, fmt.Sprintf("%d %s, in all namespaces", n, k.GroupResource()))
		}
	}
	d.with = d.Dependents
	return nil
}

// foretellClaim says whether the data of a volume goes with its claim.
func (s *session) foretellClaim(ctx context.Context, d *doomed) {
	name, _, _ := unstructured.NestedString(d.live.Object, "spec", "volumeName")
	if name == "" {
		return
	}
	volume, err := s.Typed().CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		s.warnings.add(fmt.Sprintf("volume %s could not be read, so that it is not known whether the data goes too", name))
		return
	}
	d.with = append(d.with, fmt.Sprintf("volume %s: %s", name, volume.Spec.PersistentVolumeReclaimPolicy))
	if volume.Spec.PersistentVolumeReclaimPolicy == "Delete" {
		s.warnings.add(fmt.Sprintf("the data goes too: volume %s has the reclaim policy Delete", name))
	}
}
