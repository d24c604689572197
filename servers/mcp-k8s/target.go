package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// target is what a call is about.
type target struct {
	*cluster.Cluster
	kind      cluster.Kind
	namespace string // empty: all, or a kind without
}

// find is the target of a call that names a kind.
func (k *k8s) find(ctx context.Context, kind, namespace string, all bool) (target, error) {
	c, err := k.clusters.Of(ctx)
	if err != nil {
		return target{}, err
	}
	found, err := c.Kind(ctx, kind)
	if err != nil {
		return target{}, err
	}
	t := target{Cluster: c, kind: found}
	if !found.Namespaced {
		return t, nil
	}
	t.namespace, err = choose(c, namespace, all)
	return t, err
}

// choose is the namespace of a call, empty for all of them.
func choose(c *cluster.Cluster, namespace string, all bool) (string, error) {
	switch {
	case namespace == "*" || namespace == "" && all:
		return "", nil
	case namespace == "" && c.Limit.Allows(c.Namespace):
		return c.Namespace, nil
	case namespace == "":
		if names, patterns := c.Limit.Names(); len(names) == 1 && !patterns {
			return names[0], nil
		}
		return "", kit.Errorf(kit.InvalidArgument, "argument \"namespace\" is required: the default one, %s, may not be seen", c.Namespace).
			WithHint("give namespace, or all_namespaces=true for all that may be seen")
	}
	if err := cluster.CheckNamespace(namespace); err != nil {
		return "", err
	}
	return namespace, c.Limit.Check(namespace)
}

func (t target) request(verb, name string) cluster.Request {
	return cluster.Request{Verb: verb, Kind: t.kind, Namespace: t.namespace, Name: name}
}

// resource is the dynamic client of the target.
func (t target) resource() dynamic.ResourceInterface {
	if t.namespace == "" {
		return t.Dynamic().Resource(t.kind.GVR())
	}
	return t.Dynamic().Resource(t.kind.GVR()).Namespace(t.namespace)
}

// get reads an object. An error for one that is not there names its neighbours.
func (t target) get(ctx context.Context, name string) (*unstructured.Unstructured, error) {
	if err := cluster.CheckName("name", name); err != nil {
		return nil, err
	}
	if t.kind.Namespaced && t.namespace == "" {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"namespace\" is required to find %s %q", t.kind.Singular, name)
	}
	if t.kind.Resource == "namespaces" && t.kind.Group == "" {
		if err := t.Limit.Check(name); err != nil {
			return nil, err
		}
	}
	o, err := t.resource().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, t.missing(ctx, t.Error(ctx, err, t.request("get", name)), name)
	}
	return o, nil
}

// neighbours is how many names are looked at for one that is like a wrong one.
const neighbours = 500

// missing says what is there in place of what is not.
func (t target) missing(ctx context.Context, err error, name string) error {
	var e *kit.Error
	if !errors.As(err, &e) || e.Code != kit.NotFound {
		return err
	}
	list, listErr := t.resource().List(ctx, metav1.ListOptions{Limit: neighbours})
	if listErr != nil {
		return e
	}
	where := ""
	if t.namespace != "" {
		where = " in namespace " + t.namespace
	}
	var names []string
	for _, o := range list.Items {
		if t.kind.Resource != "namespaces" || t.Limit.Allows(o.GetName()) {
			names = append(names, o.GetName())
		}
	}
	if near := similar(name, names); near != nil {
		e.Hint = fmt.Sprintf("did you mean %s?", strings.Join(near, ", "))
	} else if len(names) == 0 {
		if e := absent(ctx, t.Cluster, t.namespace); e != nil {
			return e
		}
		e.Hint = fmt.Sprintf("there are no %s%s", t.kind.Resource, where)
	} else {
		e.Hint = fmt.Sprintf("%s%s are %s", t.kind.Resource, where, listed(names, 10))
	}
	if t.namespace != "" {
		e.Hint += "; with all_namespaces=true list_resources looks in the others"
	}
	return e
}

// similar are up to three of names that are like name.
func similar(name string, names []string) (near []string) {
	for _, n := range names {
		if strings.Contains(n, name) && len(near) < 3 {
			near = append(near, n)
		}
	}
	if near == nil {
		if n := kit.Nearest(name, names); n != "" {
			near = []string{n}
		}
	}
	return near
}

func listed(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// namespaces are those to look at for a target in all namespaces: one empty name
// where a single request has them all, else each that may be seen.
func (t target) namespaces(ctx context.Context) ([]string, error) {
	if t.namespace != "" || !t.kind.Namespaced || t.Limit.Any() {
		return []string{t.namespace}, nil
	}
	return visible(ctx, t.Cluster)
}

// visible are the namespaces that a limited server may see.
func visible(ctx context.Context, c *cluster.Cluster) ([]string, error) {
	names, patterns := c.Limit.Names()
	if patterns {
		list, err := c.Typed().CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, c.Error(ctx, err, cluster.Request{Verb: "list", Kind: cluster.Kind{Resource: "namespaces"}})
		}
		for _, ns := range list.Items {
			if c.Limit.Allows(ns.Name) {
				names = append(names, ns.Name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return nil, kit.Errorf(kit.NotFound, "there is no namespace that this server may see").WithHint("whoever runs it sets K8S_ALLOWED_NAMESPACES")
	}
	return names, nil
}

// split takes a namespace and a name apart.
func split(of string) (namespace, name string) {
	namespace, name, _ = strings.Cut(of, "/")
	return namespace, name
}
