package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

type deleteArgs struct {
	Kind        string   `arg:"kind,required"`
	Name        string   `arg:"name"`
	Names       []string `arg:"names" doc:"up to 10"`
	Namespace   string   `arg:"namespace"`
	Propagation string   `arg:"propagation" enum:"background,foreground,orphan" default:"background"`
	Grace       *int     `arg:"grace_seconds" min:"0" max:"3600"`
	DryRun      *bool    `arg:"dry_run"`
	Confirm     string   `arg:"confirm"`
}

const maxDeleted = 10

func (o *ops) deleteResource() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "delete_resource", Title: "Delete objects", Once: true, Hints: destroys,
		Description: "Deletes objects by name. First a plan: what goes with them, finalizers, PodDisruptionBudgets; then again with confirm.",
		Example:     `{"kind": "configmap", "name": "old", "namespace": "shop"}`,
	}, o.delete)
}

// doomed is what a plan says of one object.
type doomed struct {
	Object     string   `json:"object"`
	Created    string   `json:"created"`
	Finalizers []string `json:"finalizers,omitempty"`
	Dependents []string `json:"deleted_with_it,omitempty"`
	Stay       []string `json:"left_without_owner,omitempty"`
	Now        string   `json:"now,omitempty"` // once it was deleted

	target target
	live   *unstructured.Unstructured
	with   []string // all that the plan tells of besides, also what it only counts
}

func (o *ops) delete(ctx context.Context, a deleteArgs) (*kit.Result, error) {
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	names := a.Names
	if a.Name != "" {
		names = append([]string{a.Name}, names...)
	}
	switch {
	case len(names) == 0:
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"name\" or \"names\" is required").WithHint("objects are deleted by name, never by selector")
	case len(names) > maxDeleted:
		return nil, kit.Errorf(kit.InvalidArgument, "%d names, at most %d are taken", len(names), maxDeleted)
	}
	var all []*doomed
	var before []any
	for _, name := range names {
		t, err := o.writable(ctx, s, a.Kind, name, a.Namespace)
		if err != nil {
			return nil, err
		}
		d, err := s.doom(ctx, t, a)
		if err != nil {
			return nil, err
		}
		all, before = append(all, d), append(before, d.seen())
	}
	r := report{Target: all[0].Object, Changed: true, Details: all}
	if len(all) > 1 {
		r.Target = fmt.Sprintf("%d objects", len(all))
	}
	st := step{tool: "delete_resource", seen: before, dryRun: a.DryRun, confirm: a.Confirm, question: deleteQuestion(all)}
	a.DryRun, a.Confirm = nil, ""
	st.args = a
	act, by, err := o.decide(ctx, s, st)
	if err != nil {
		return nil, err
	}
	if !act {
		return result(o.planned(s, st, r), ""), nil
	}
	var done []string
	for _, d := range all {
		if err := s.remove(ctx, d, a); err != nil {
			var e *kit.Error
			if errors.As(err, &e) && len(done) > 0 {
				e.Message += "; deleted before it: " + strings.Join(done, ", ")
			}
			return nil, err
		}
		done = append(done, d.Object)
	}
	s.lookAfter(ctx, all)
	return result(s.done(by, r), ""), nil
}

// doom plans the deletion of one object.
func (s *session) doom(ctx context.Context, t target, a deleteArgs) (*doomed, error) {
	live, err := s.get(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := s.mayRemove(ctx, t, a); err != nil {
		return nil, err
	}
	d := &doomed{Object: t.String(), Created: kit.FormatTime(live.GetCreationTimestamp().Time), Finalizers: live.GetFinalizers(), target: t, live: live}
	return d, s.foretell(ctx, d, a)
}

// seen is what the plan was made from: the object, and what goes or stays with it.
func (d *doomed) seen() any {
	return []any{seenOf(d.target, d.live), slices.Sorted(slices.Values(d.with))}
}

func deleteQuestion(all []*doomed) string {
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintf(&b, "Delete %s?\n", d.Object)
		if len(d.Dependents) > 0 {
			fmt.Fprintf(&b, "Deleted with it: %s\n", strings.Join(d.Dependents, ", "))
		}
	}
	return strings.TrimSpace(b.String())
}

var propagations = map[string]metav1.DeletionPropagation{
	"background": metav1.DeletePropagationBackground, "foreground": metav1.DeletePropagationForeground, "orphan": metav1.DeletePropagationOrphan,
}

// remove deletes the object that was seen, and no other of that name.
func (s *session) remove(ctx context.Context, d *doomed, a deleteArgs) error {
	uid, policy := d.live.GetUID(), propagations[a.Propagation]
	options := metav1.DeleteOptions{PropagationPolicy: &policy}
	if a.Grace != nil {
		seconds := int64(*a.Grace)
		options.GracePeriodSeconds = &seconds
	}
	return s.whileSame(ctx, d.target, d.live, func(version string) error {
		options.Preconditions = &metav1.Preconditions{UID: &uid, ResourceVersion: &version}
		if err := s.of(d.target).Delete(ctx, d.target.name, options); err != nil {
			return s.fail(ctx, err, "delete", d.target)
		}
		return nil
	})
}

// mayRemove asks whether the API server would delete an object. That it is a dry
// run is in the query, where an audit log shows it, and not in a body.
func (s *session) mayRemove(ctx context.Context, t target, a deleteArgs) error {
	request := s.REST().Delete().AbsPath(t.path()).
		Param("dryRun", metav1.DryRunAll).Param("propagationPolicy", string(propagations[a.Propagation]))
	if a.Grace != nil {
		request = request.Param("gracePeriodSeconds", strconv.Itoa(*a.Grace))
	}
	if err := request.Do(ctx).Error(); err != nil {
		return s.fail(ctx, err, "delete", t)
	}
	return nil
}

// goneWithin is how long a deletion is looked after. Pods take their grace.
const goneWithin = 2 * time.Second

// lookAfter says what became of the objects: most are gone at once.
func (s *session) lookAfter(ctx context.Context, all []*doomed) {
	ctx, cancel := context.WithTimeout(ctx, goneWithin)
	defer cancel()
	for _, d := range all {
		for d.Now = "deletion has begun"; ; {
			u, err := s.get(ctx, d.target)
			if is(err, kit.NotFound) || err == nil && u.GetUID() != d.live.GetUID() {
				d.Now = "gone"
				break
			}
			if err == nil {
				d.Now = terminating(u)
			}
			if !sleep(ctx, 200*time.Millisecond) {
				break
			}
		}
		d.Dependents, d.Stay = nil, nil // the plan had them
	}
}

// terminating is what an object waits for that is being deleted.
func terminating(u *unstructured.Unstructured) string {
	if names := u.GetFinalizers(); len(names) > 0 {
		return "waits for finalizers: " + strings.Join(names, ", ")
	}
	if seconds := u.GetDeletionGracePeriodSeconds(); seconds != nil {
		return fmt.Sprintf("ends within %d s", *seconds)
	}
	return "deletion has begun"
}

// sleep waits, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// foretell says what goes with an object, what stays behind, and what is in the way.
func (s *session) foretell(ctx context.Context, d *doomed, a deleteArgs) error {
	if at := d.live.GetDeletionTimestamp(); at != nil {
		s.warnings.add(fmt.Sprintf("%s has been in deletion since %s: it %s", d.Object, kit.FormatTime(at.Time), terminating(d.live)))
	} else if names := d.Finalizers; len(names) > 0 {
		s.warnings.add(fmt.Sprintf("%s goes only once its finalizers are done: %s", d.Object, strings.Join(names, ", ")))
	}
	if a.Grace != nil && *a.Grace == 0 && d.target.is("pods") {
		s.warnings.add("grace_seconds=0 takes a pod off the books at once, also if its containers still run")
	}
	switch {
	case d.target.is("namespaces"):
		return s.foretellNamespace(ctx, d)
	case d.target.is("customresourcedefinitions.apiextensions.k8s.io"):
		return s.foretellCRD(ctx, d)
	case d.target.is("persistentvolumeclaims"):
		s.foretellClaim(ctx, d)
	}
	if d.target.namespace == "" {
		return nil
	}
	found, err := s.dependents(ctx, d.target, []types.UID{d.live.GetUID()})
	if err != nil {
		return err
	}
	d.with = append(d.with, found.names...)
	pods := found.pods
	if d.target.is("pods") {
		pods = append(pods, d.live)
	}
	if a.Propagation == "orphan" {
		d.Stay = found.direct
		pods = nil
	} else {
		d.Dependents, d.Stay = found.all, found.shared
	}
	s.warnBudgets(ctx, d.target.namespace, pods)
	return nil
}
