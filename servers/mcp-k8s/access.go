package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	authv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type accessArgs struct {
	Verb      string `arg:"verb"`
	Kind      string `arg:"kind" doc:"pods; pods/exec"`
	Name      string `arg:"name"`
	Namespace string `arg:"namespace" doc:"* for all" alias:"ns"`
	AsList    bool   `arg:"as_list" doc:"all"`
}

// access is what check_access answers.
type access struct {
	Question string    `json:"question"`
	Allowed  *bool     `json:"allowed,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Rules    []ruleRow `json:"rules,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
}

type ruleRow struct {
	Resources string `json:"resources"`
	Verbs     string `json:"verbs"`
	Names     string `json:"names,omitempty"`
}

func (k *k8s) checkAccess() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "check_access", Title: "Check rights",
		Description: "Asks RBAC what this server may do: verb and kind, or as_list.",
		Hints:       kit.ReadLocal, Output: access{},
		Example: `{"verb":"delete","kind":"pods","namespace":"shop"}`,
	}, k.runAccess)
}

func (k *k8s) runAccess(ctx context.Context, a accessArgs) (*kit.Result, error) {
	c, err := k.clusters.Of(ctx)
	if err != nil {
		return nil, err
	}
	if a.AsList {
		return rules(ctx, c, a)
	}
	if a.Verb == "" || a.Kind == "" {
		return nil, kit.Errorf(kit.InvalidArgument, "arguments \"verb\" and \"kind\" are required").WithHint("or as_list=true for all that is allowed")
	}
	if a.Name != "" {
		if err := cluster.CheckName("name", a.Name); err != nil {
			return nil, err
		}
	}
	kind, sub, err := kindAndPart(ctx, c, a.Kind)
	if err != nil {
		return nil, err
	}
	want := cluster.Request{Verb: strings.ToLower(a.Verb), Kind: kind, Name: a.Name}
	if err := checkVerb(want.Verb, kind, sub); err != nil {
		return nil, err
	}
	if kind.Namespaced {
		if want.Namespace, err = choose(c, a.Namespace, false); err != nil {
			return nil, err
		}
	}
	answer, err := c.Access(ctx, want, sub)
	if err != nil {
		return nil, err
	}
	question := want.String()
	if sub != "" {
		question += " (" + sub + ")"
	}
	if kind.Namespaced && want.Namespace == "" {
		question += " in all namespaces"
	}
	out := access{Question: question, Allowed: &answer.Allowed, Reason: answer.Reason}
	if answer.EvaluationError != "" {
		out.Warnings = []string{answer.EvaluationError}
	}
	return kit.Record(out), nil
}

// kindAndPart reads a kind that may have a subresource after it: pods/log.
func kindAndPart(ctx context.Context, c *cluster.Cluster, text string) (cluster.Kind, string, error) {
	kind, err := c.Kind(ctx, text)
	if err == nil {
		return kind, "", nil
	}
	i := strings.LastIndexByte(text, '/')
	if i < 0 {
		return kind, "", err
	}
	if of, ofErr := c.Kind(ctx, text[:i]); ofErr == nil {
		return of, text[i+1:], cluster.CheckName("kind", text[i+1:])
	}
	return kind, "", err
}

// rules are all that is allowed.
func rules(ctx context.Context, c *cluster.Cluster, a accessArgs) (*kit.Result, error) {
	namespace, err := choose(c, a.Namespace, false)
	if err != nil {
		return nil, err
	}
	if namespace == "" { // the rules of all cannot be asked for
		if namespace, err = choose(c, "", false); err != nil {
			return nil, err
		}
	}
	review, err := c.Typed().AuthorizationV1().SelfSubjectRulesReviews().Create(ctx, &authv1.SelfSubjectRulesReview{
		Spec: authv1.SelfSubjectRulesReviewSpec{Namespace: namespace},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, c.Error(ctx, err, cluster.Request{Verb: "create", Kind: cluster.Kind{Group: authv1.GroupName, Resource: "selfsubjectrulesreviews"}})
	}
	out := access{Question: "what is allowed in namespace " + namespace}
	if review.Status.Incomplete {
		out.Warnings = append(out.Warnings, "the list is not complete: "+cmp.Or(review.Status.EvaluationError, "an authorizer cannot list its rules"))
	}
	for _, r := range review.Status.ResourceRules {
		var names []string
		for _, group := range r.APIGroups {
			for _, resource := range r.Resources {
				if group == "" {
					names = append(names, resource)
				} else {
					names = append(names, resource+"."+group)
				}
			}
		}
		slices.Sort(names)
		out.Rules = append(out.Rules, ruleRow{strings.Join(names, " "), strings.Join(r.Verbs, " "), strings.Join(r.ResourceNames, " ")})
	}
	out.Rules = joinRules(out.Rules)
	return kit.Record(out).Narrow(fmt.Sprintf("ask with verb and kind (%d rules)", len(out.Rules))), nil
}

// joinRules makes one rule of those with the same verbs.
func joinRules(all []ruleRow) []ruleRow {
	var rows []ruleRow
	for _, r := range all {
		i := slices.IndexFunc(rows, func(other ruleRow) bool { return other.Verbs == r.Verbs && other.Names == r.Names })
		if i < 0 {
			rows = append(rows, r)
			continue
		}
		names := append(strings.Fields(rows[i].Resources), strings.Fields(r.Resources)...)
		slices.Sort(names)
		rows[i].Resources = strings.Join(slices.Compact(names), " ")
	}
	return rows
}
