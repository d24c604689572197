package cluster

import (
	"context"
	"fmt"
	"time"

	authv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reviewTimeout is for the question that follows a denial: it must not hold it up.
const reviewTimeout = 2 * time.Second

// Access asks whether we may do something. It changes nothing.
func (c *Cluster) Access(ctx context.Context, want Request, subresource string) (authv1.SubjectAccessReviewStatus, error) {
	review, err := c.typed.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authv1.SelfSubjectAccessReview{
		Spec: authv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authv1.ResourceAttributes{
			Verb: want.Verb, Group: want.Kind.Group, Version: want.Kind.Version, Resource: want.Kind.Resource,
			Subresource: subresource, Namespace: want.Namespace, Name: want.Name,
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return authv1.SubjectAccessReviewStatus{}, c.Error(ctx, err, Request{Verb: "create", Kind: Kind{Group: authv1.GroupName, Version: "v1", Resource: "selfsubjectaccessreviews"}})
	}
	return review.Status, nil
}

// explain is the hint of a denial.
func (c *Cluster) explain(ctx context.Context, want Request) string {
	hint := "check_access as_list=true shows what is allowed"
	if want.Namespace != "" {
		hint = fmt.Sprintf("check_access as_list=true namespace=%s shows what is allowed there", want.Namespace)
	}
	if want.Kind.Resource == "" || want.Kind.Group == authv1.GroupName {
		return hint
	}
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	answer, err := c.Access(ctx, want, "")
	switch {
	case err != nil:
		return hint
	case answer.Allowed:
		return "SelfSubjectAccessReview says that it is allowed, so that something else refuses: an admission rule, or a subresource; " + hint
	case answer.Reason != "":
		return fmt.Sprintf("SelfSubjectAccessReview says no: %s; %s", answer.Reason, hint)
	case want.Namespace == "" && want.Kind.Namespaced:
		return "SelfSubjectAccessReview says no for all namespaces; one of them may be allowed: give namespace, or check_access as_list=true namespace=…"
	}
	return "SelfSubjectAccessReview says no: no role grants it; " + hint
}
