package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// evictions looks at the pods of a node.
func (s *session) evictions(ctx context.Context, node string, a drainArgs) (*evicting, error) {
	e := new(evicting)
	budgets := make(map[string][]policyv1.PodDisruptionBudget)
	options := metav1.ListOptions{FieldSelector: "spec.nodeName=" + node, Limit: 500}
	for {
		list, err := s.Typed().CoreV1().Pods("").List(ctx, options)
		if err != nil {
			kind, _ := s.Kind(ctx, "pods")
			return nil, s.Error(ctx, err, cluster.Request{Verb: "list", Kind: kind})
		}
		for i := range list.Items {
			p := &list.Items[i]
			before := len(e.pods)
			e.classify(p, a)
			if len(e.pods) == before {
				continue
			}
			if _, ok := budgets[p.Namespace]; !ok {
				budgets[p.Namespace] = s.budgets(ctx, p.Namespace)
			}
			if b := full(budgets[p.Namespace], p.Labels); b != nil && !e.pods[before].ending {
				e.pods[before].budget = b.Name
			}
		}
		if options.Continue = list.Continue; options.Continue == "" {
			break
		}
	}
	slices.SortFunc(e.pods, func(a, b eviction) int { return cmp.Compare(a.String(), b.String()) })
	return e, nil
}

// round is how long between two tries of what a budget holds back.
const round = time.Second

// evict evicts in rounds until nothing is left or ctx ends. Whatever happens is
// in the answer: a drain that stops half way has done what it has done.
func (s *session) evict(ctx context.Context, e *evicting, a drainArgs) drained {
	d := drained{Node: "cordoned", Left: e.left}
	asked := make(map[string]bool)
	todo := e.pods
	for _, p := range todo {
		asked[p.String()] = p.ending
	}
	for {
		var again []eviction
		d.Waiting = nil
		for _, p := range todo {
			why, gone := s.evictOne(ctx, p, a, asked[p.String()])
			switch {
			case gone:
				d.Evicted = append(d.Evicted, p.String())
				continue
			case why == "":
				asked[p.String()] = true
				why = "is ending"
			}
			d.Waiting = append(d.Waiting, fmt.Sprintf("%s: %s", p, why))
			again = append(again, p)
		}
		if todo = again; len(todo) == 0 || !sleep(ctx, round) {
			break
		}
	}
	d.Gone = len(todo) == 0
	return d
}

// evictOne asks for an eviction, or looks whether one that was asked for is done.
func (s *session) evictOne(ctx context.Context, p eviction, a drainArgs, asked bool) (why string, gone bool) {
	client := s.Typed().CoreV1().Pods(p.namespace)
	if asked {
		now, err := client.Get(ctx, p.name, metav1.GetOptions{})
		return "", apierrors.IsNotFound(err) || err == nil && now.UID != p.uid
	}
	uid := p.uid
	options := &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}}
	if a.Grace != nil {
		grace := int64(*a.Grace)
		options.GracePeriodSeconds = &grace
	}
	err := client.EvictV1(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: p.name, Namespace: p.namespace}, DeleteOptions: options})
	switch {
	case err == nil:
		return "", false
	case apierrors.IsNotFound(err), apierrors.IsConflict(err): // gone, or another of that name
		return "", true
	case apierrors.IsTooManyRequests(err):
		if p.budget == "" {
			return "a PodDisruptionBudget allows no eviction now", false
		}
		return "PodDisruptionBudget " + p.budget + " allows no eviction now", false
	}
	kind, _ := s.Kind(ctx, "pods")
	var e *kit.Error
	if err = s.Error(ctx, err, cluster.Request{Verb: "evict", Kind: kind, Namespace: p.namespace, Name: p.name}); errors.As(err, &e) {
		return e.Message, false
	}
	return "not tried any more: the time is up", false
}
