package main

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// absent says that a namespace does not exist, and which are like it. To an API
// server such a namespace is an empty one. It is nil for one that exists, and where
// nobody can say: namespaces may not be listed, or are more than a page.
func absent(ctx context.Context, c *cluster.Cluster, namespace string) *kit.Error {
	if namespace == "" {
		return nil
	}
	namespaces := c.Typed().CoreV1().Namespaces()
	list, err := namespaces.List(ctx, metav1.ListOptions{Limit: chunk})
	switch {
	case err != nil || list.Continue != "":
		if _, err := namespaces.Get(ctx, namespace, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return nil
		}
	case len(list.Items) == 0: // every cluster has some
		return nil
	}
	var names []string
	for _, ns := range list.Items {
		if ns.Name == namespace {
			return nil
		}
		if c.Limit.Allows(ns.Name) {
			names = append(names, ns.Name)
		}
	}
	e := kit.Errorf(kit.NotFound, "the namespace %s does not exist", namespace)
	if near := similar(namespace, names); near != nil {
		return e.WithHint("did you mean %s?", strings.Join(near, ", "))
	}
	return e.WithHint("list_resources kind=namespaces has those that do")
}

// nowhere is absent as the hint of an answer that has nothing in it.
func nowhere(ctx context.Context, c *cluster.Cluster, namespace string) []string {
	if e := absent(ctx, c, namespace); e != nil {
		return []string{e.Message + "; " + e.Hint}
	}
	return nil
}
