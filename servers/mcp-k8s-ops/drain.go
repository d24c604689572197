package main

import (
	"context"
	"fmt"
	"slices"

	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

type drainArgs struct {
	Name       string `arg:"name,required"`
	Grace      *int   `arg:"grace_seconds" min:"0" max:"3600"`
	DaemonSets bool   `arg:"ignore_daemonsets" default:"true"`
	EmptyDir   bool   `arg:"delete_emptydir" doc:"lose emptyDir data"`
	Force      bool   `arg:"force" doc:"lose pods without a controller"`
	Timeout    string `arg:"timeout" default:"20s" doc:"at most 20s"`
	DryRun     *bool  `arg:"dry_run"`
	Confirm    string `arg:"confirm"`
}

func (o *ops) drainNode() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "drain_node", Title: "Drain a node", Once: true, Hints: destroys,
		Description: "Cordons a node and evicts its pods; PodDisruptionBudgets hold. First a plan: pods, blockers; then again with confirm. What remains after the timeout is told, with a confirm to go on.",
		Example:     `{"name": "node-1"}`,
	}, o.drain)
}

// drained is what a drain comes to.
type drained struct {
	Evict   []string `json:"evict,omitempty"`    // to come
	Evicted []string `json:"evicted,omitempty"`  // done
	Waiting []string `json:"waiting,omitempty"`  // with what they wait for
	Left    []string `json:"left,omitempty"`     // stay on purpose
	Blocked []string `json:"blocked,omitempty"`  // with the argument that would allow it
	Budgets []string `json:"budgets,omitempty"`  // that allow no eviction now
	Node    string   `json:"node"`               // schedulable or cordoned
	Gone    bool     `json:"complete,omitempty"` // nothing is left to evict
}

func (o *ops) drain(ctx context.Context, a drainArgs) (*kit.Result, error) {
	limit, err := seconds("timeout", a.Timeout, maxWait)
	if err != nil {
		return nil, err
	}
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, err := o.writable(ctx, s, "nodes", a.Name, "")
	if err != nil {
		return nil, err
	}
	live, err := s.get(ctx, t)
	if err != nil {
		return nil, err
	}
	e, err := s.evictions(ctx, t.name, a)
	if err != nil {
		return nil, err
	}
	st := step{
		tool: "drain_node", seen: e.seen(live.GetUID(), isCordoned(live)), dryRun: a.DryRun, confirm: a.Confirm,
		question: fmt.Sprintf("Drain node %s? %d pods are evicted: %s", t.name, len(e.pods), strings.Join(named(e.names()), ", ")),
	}
	a.DryRun, a.Confirm = nil, ""
	st.args = a
	r := report{Target: t.String(), Changed: len(e.pods) > 0 || !isCordoned(live), Details: e.plan(isCordoned(live))}
	if len(e.blocked) > 0 {
		if st.confirm != "" {
			return nil, kit.Errorf(kit.FailedPrecondition, "%d pods on %s may not be evicted: %s", len(e.blocked), t.name, strings.Join(named(e.blocked), ", "))
		}
		r.Context, r.DryRun, r.Next = s.Context, true, "plan again with the arguments that blocked names, or deal with those pods first"
		return result(r, ""), nil
	}
	act, by, err := o.decide(ctx, s, st)
	if err != nil {
		return nil, err
	}
	if !act {
		return result(o.planned(s, st, r), ""), nil
	}
	if !isCordoned(live) {
		if _, err := s.patch(ctx, t, cordoned(true), "", false); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	d := s.evict(ctx, e, a)
	r.Details, r.After = d, nil
	if d.Gone {
		r.Next = "the node is empty; set_node_schedulable schedulable=true takes pods again"
		return result(s.done(by, r), ""), nil
	}
	// The same call goes on with what is left; those are new tokens of a new plan.
	rest, cancelRest := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancelRest()
	r = s.done(by, r)
	if e, err := s.evictions(rest, t.name, a); err == nil && len(e.blocked) == 0 {
		st.seen = e.seen(live.GetUID(), true)
		r.Confirm = o.tokens.Token(o.action(s, st))
		r.Next = "pods are left: repeat the call with this confirm to go on"
	} else {
		r.Next = "pods are left: plan again to go on"
	}
	return result(r, ""), nil
}

// eviction is a pod that has to go.
type eviction struct {
	namespace, name string
	uid             types.UID
	budget          string // that allows no eviction now
	ending          bool   // somebody has deleted it: it is waited for
}

func (e eviction) String() string { return e.namespace + "/" + e.name }

// evicting is what a drain has before it.
type evicting struct {
	pods          []eviction
	left, blocked []string
}

// uids are those that are to be evicted. One that is ending may be gone at any
// moment, which changes no plan.
func (e *evicting) uids() (all []types.UID) {
	for _, p := range e.pods {
		if !p.ending {
			all = append(all, p.uid)
		}
	}
	return all
}

// seen is what a drain hangs on: which pods go, which stay, and whether others
// may come. Of the node itself there is no more to it: its taints follow a cordon
// after a while, and its annotations are a notebook of programs on it.
func (e *evicting) seen(node types.UID, isCordoned bool) any {
	return []any{node, isCordoned, e.uids(), slices.Sorted(slices.Values(e.left))}
}

func (e *evicting) names() (all []string) {
	for _, p := range e.pods {
		all = append(all, p.String())
	}
	return all
}

func (e *evicting) plan(isCordoned bool) drained {
	d := drained{Evict: e.names(), Left: e.left, Blocked: e.blocked, Node: "schedulable", Gone: len(e.pods) == 0}
	if isCordoned {
		d.Node = "cordoned"
	}
	for _, p := range e.pods {
		if p.budget != "" {
			d.Budgets = append(d.Budgets, fmt.Sprintf("%s allows no eviction of %s now", p.budget, p))
		}
	}
	return d
}

// classify says what a drain does with a pod: leave it, refuse, or evict it.
func (e *evicting) classify(p *corev1.Pod, a drainArgs) {
	name := p.Namespace + "/" + p.Name
	controller := ""
	for _, ref := range p.OwnerReferences {
		if ref.Controller != nil && *ref.Controller {
			controller = ref.Kind
		}
	}
	_, mirror := p.Annotations[corev1.MirrorPodAnnotationKey]
	ended := p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
	emptyDir := false
	for _, v := range p.Spec.Volumes {
		emptyDir = emptyDir || v.EmptyDir != nil
	}
	switch {
	case mirror:
		e.left = append(e.left, name+" (static, of the node itself)")
	case controller == "DaemonSet" && a.DaemonSets:
		e.left = append(e.left, name+" (DaemonSet)")
	case controller == "DaemonSet":
		e.blocked = append(e.blocked, name+": a DaemonSet makes it again (ignore_daemonsets=true)")
	case ended, p.DeletionTimestamp != nil:
		e.pods = append(e.pods, eviction{namespace: p.Namespace, name: p.Name, uid: p.UID, ending: p.DeletionTimestamp != nil})
	case controller == "" && !a.Force:
		e.blocked = append(e.blocked, name+": no controller makes it again (force=true)")
	case emptyDir && !a.EmptyDir:
		e.blocked = append(e.blocked, name+": its emptyDir data would be lost (delete_emptydir=true)")
	default:
		e.pods = append(e.pods, eviction{namespace: p.Namespace, name: p.Name, uid: p.UID})
	}
}
