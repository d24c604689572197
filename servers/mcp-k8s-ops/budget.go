package main

import (
	"context"
	"fmt"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

// budgets are the PodDisruptionBudgets of a namespace.
func (s *session) budgets(ctx context.Context, namespace string) []policyv1.PodDisruptionBudget {
	list, err := s.Typed().PolicyV1().PodDisruptionBudgets(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		s.warnings.add("PodDisruptionBudgets could not be looked at")
		return nil
	}
	return list.Items
}

// full is the budget that lets no pod with these labels be taken away now, nil
// if none does.
func full(all []policyv1.PodDisruptionBudget, of map[string]string) *policyv1.PodDisruptionBudget {
	for i := range all {
		b := &all[i]
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err == nil && selector.Matches(labels.Set(of)) && b.Status.DisruptionsAllowed < 1 {
			return b
		}
	}
	return nil
}

// warnBudgets says of pods that are deleted which budgets that goes past.
func (s *session) warnBudgets(ctx context.Context, namespace string, pods []*unstructured.Unstructured) {
	if len(pods) == 0 {
		return
	}
	all := s.budgets(ctx, namespace)
	for _, p := range pods {
		if b := full(all, p.GetLabels()); b != nil {
			s.warnings.add(fmt.Sprintf("PodDisruptionBudget %s allows no disruption now; deleting goes past it, drain_node would not", b.Name))
		}
	}
}
