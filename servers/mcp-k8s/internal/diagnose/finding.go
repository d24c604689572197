package diagnose

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Cause is one word for what is wrong. A model can match on it.
type Cause string

// The causes, the worst first.
const (
	OOMKilled      Cause = "OOMKilled"
	CrashLoop      Cause = "CrashLoop"
	LivenessProbe  Cause = "LivenessProbe"
	StartupProbe   Cause = "StartupProbe"
	ImagePull      Cause = "ImagePull"
	ConfigMissing  Cause = "ConfigMissing"
	ContainerStart Cause = "ContainerStart"
	Mount          Cause = "Mount"
	Sandbox        Cause = "Sandbox"
	Unschedulable  Cause = "Unschedulable"
	Claim          Cause = "Claim" // a PersistentVolumeClaim that is not there or not bound
	Quota          Cause = "Quota"
	CreateFailed   Cause = "CreateFailed" // pods cannot be made at all
	Failed         Cause = "Failed"       // ended with an error and stays so
	Evicted        Cause = "Evicted"
	NodeLost       Cause = "NodeLost"
	ReadinessProbe Cause = "ReadinessProbe"
	ReadinessGate  Cause = "ReadinessGate"
	Terminating    Cause = "Terminating"
	Restarts       Cause = "Restarts" // runs now
	Starting       Cause = "Starting"
	NoPods         Cause = "NoPods"
	Rollout        Cause = "Rollout" // does not go on
	Condition      Cause = "Condition"
)

var order = []Cause{OOMKilled, CrashLoop, LivenessProbe, StartupProbe, ImagePull, ConfigMissing, ContainerStart, Mount, Sandbox, Claim, Unschedulable,
	Quota, CreateFailed, Failed, Evicted, NodeLost, ReadinessProbe, ReadinessGate, Terminating, NoPods, Rollout, Condition, Restarts, Starting}

// Finding is what is wrong with one pod, or with several in the same way.
type Finding struct {
	Cause     Cause
	Container string
	Detail    string // in the words of the cluster
	Advice    string
	Exit      *int32
	Restarts  int32
	Pods      []string // namespace/name
	Since     time.Time
	Logs      bool // its logs may say more
	Previous  bool // those of the container before
}

// Serious is false for what may well pass by itself.
func (f Finding) Serious() bool { return f.Cause != Starting && f.Cause != Restarts }

// Group makes one of findings that are the same in several pods, the worst first.
func Group(all []Finding) []Finding {
	type key struct {
		cause             Cause
		container, detail string
		exit              int32 // numbers in a detail differ between pods, this one is the cause
	}
	var groups []Finding
	at := make(map[key]int)
	for _, f := range all {
		k := key{cause: f.Cause, container: f.Container, detail: shape(f.Detail, f.Pods)}
		if f.Exit != nil {
			k.exit = *f.Exit
		}
		i, ok := at[k]
		if !ok {
			at[k] = len(groups)
			groups = append(groups, f)
			continue
		}
		g := &groups[i]
		g.Pods = append(g.Pods, f.Pods...)
		g.Restarts = max(g.Restarts, f.Restarts)
		if !f.Since.IsZero() && (g.Since.IsZero() || f.Since.Before(g.Since)) {
			g.Since = f.Since
		}
	}
	slices.SortStableFunc(groups, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Cause), slices.Index(order, b.Cause)), cmp.Compare(len(b.Pods), len(a.Pods)))
	})
	return groups
}

// shape is a detail without what differs between pods of one owner.
func shape(detail string, pods []string) string {
	for _, p := range pods {
		_, name, _ := strings.Cut(p, "/")
		detail = strings.ReplaceAll(detail, name, "*")
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, detail)
}

// Events are those of a cluster, by what they are about.
type Events map[string][]corev1.Event

// NewEvents sorts events, the newest first.
func NewEvents(all []corev1.Event) Events {
	e := make(Events)
	for _, ev := range all {
		o := ev.InvolvedObject
		k := o.Kind + "/" + o.Namespace + "/" + o.Name
		e[k] = append(e[k], ev)
	}
	for _, of := range e {
		slices.SortStableFunc(of, func(a, b corev1.Event) int { return When(b).Compare(When(a)) })
	}
	return e
}

// Of are the events about an object, the newest first.
func (e Events) Of(kind, namespace, name string) []corev1.Event {
	return e[kind+"/"+namespace+"/"+name]
}

// find is the message of the newest event with one of the reasons and all of the
// texts, empty if there is none.
func find(events []corev1.Event, reasons []string, texts ...string) string {
	for _, e := range events {
		if !slices.Contains(reasons, e.Reason) {
			continue
		}
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(e.Message, text) }) {
			return e.Message
		}
	}
	return ""
}

// When is the last time of an event.
func When(e corev1.Event) time.Time {
	switch {
	case e.Series != nil && !e.Series.LastObservedTime.IsZero():
		return e.Series.LastObservedTime.Time
	case !e.LastTimestamp.IsZero():
		return e.LastTimestamp.Time
	case !e.EventTime.IsZero():
		return e.EventTime.Time
	case !e.FirstTimestamp.IsZero():
		return e.FirstTimestamp.Time
	}
	return e.CreationTimestamp.Time
}
