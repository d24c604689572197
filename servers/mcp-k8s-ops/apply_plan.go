package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/change"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// applied is what becomes of one object.
type applied struct {
	Object    string   `json:"object"`
	Action    string   `json:"action"` // create, configure, none, conflict, delete; in the past when it was done
	Conflicts []string `json:"conflicts,omitempty"`
	With      []string `json:"deleted_with_it,omitempty"`
	Note      string   `json:"note,omitempty"`

	live *unstructured.Unstructured
	diff string
}

// planApply asks the API server what would become of one object.
func (s *session) planApply(ctx context.Context, d document, all []document, force bool) (*applied, error) {
	p := &applied{Object: d.String()}
	var before map[string]any
	live, err := s.get(ctx, d.target)
	switch {
	case err == nil:
		p.live, before = live, live.Object
	case !is(err, kit.NotFound):
		return nil, err
	}
	after, err := s.send(ctx, d, true, force, "")
	conflicts := conflictsOf(err)
	switch {
	case len(conflicts) > 0:
		p.Conflicts, p.Action = conflicts, "conflict"
		if after, err = s.send(ctx, d, true, true, ""); err != nil { // what it would be
			return nil, s.fail(ctx, err, "patch", d.target)
		}
		p.diff = change.Diff(d.String(), before, after.Object)
		return p, nil
	case apierrors.IsNotFound(err) && comesWith(d, all):
		p.Action, p.Note = "create", "not checked: its namespace comes with this manifest"
		p.diff = change.Diff(d.String(), nil, d.object.Object)
		return p, nil
	case err != nil:
		return nil, s.refusal(ctx, err, d)
	}
	p.Action = "configure"
	if before == nil {
		p.Action = "create"
	} else if change.Equal(before, after.Object) {
		p.Action = "none"
	}
	if meta := live; meta != nil && meta.GetDeletionTimestamp() != nil {
		p.Note = "it is being deleted"
	}
	p.diff = change.Diff(d.String(), before, after.Object)
	return p, nil
}

// appliedTo is what the plan for one object was made from. Who owns its fields is
// part of that: it decides which are removed, and which taken over.
func appliedTo(t target, p *applied) any {
	at := struct {
		seen
		Owners    string   `json:"owners,omitempty"`
		Conflicts []string `json:"conflicts,omitempty"`
	}{seen: seenOf(t, p.live), Conflicts: p.Conflicts}
	if p.live != nil {
		at.Owners = change.Owners(p.live.Object)
	}
	return at
}

// comesWith reports whether the namespace of d is in the manifest.
func comesWith(d document, all []document) bool {
	return d.namespace != "" && slices.ContainsFunc(all, func(other document) bool { return other.is("namespaces") && other.name == d.namespace })
}

// conflictsOf are the fields that others manage: .spec.replicas is managed by "hpa".
func conflictsOf(err error) (all []string) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Type == metav1.CauseTypeFieldManagerConflict {
			all = append(all, fmt.Sprintf("%s: %s", cause.Field, cause.Message))
		}
	}
	return all
}

func applyQuestion(plan []*applied) string {
	var b strings.Builder
	b.WriteString("Apply a manifest?")
	for _, p := range plan {
		fmt.Fprintf(&b, "\n%s %s", p.Action, p.Object)
	}
	return b.String()
}
