package main

import (
	"context"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/mcp-k8s/internal/diagnose"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
)

type eventsArgs struct {
	Namespace     string `arg:"namespace" alias:"ns"`
	AllNamespaces bool   `arg:"all_namespaces"`
	For           string `arg:"for" doc:"pod/web-0" alias:"name,involved_object"`
	Type          string `arg:"type" enum:"Warning,Normal"`
	Reason        string `arg:"reason"`
	Since         string `arg:"since" default:"1h"`
	kit.Paging
}

type eventsHead struct {
	Namespace string         `json:"namespace,omitempty"`
	Since     string         `json:"since"`
	Events    int            `json:"events"`
	ByReason  map[string]int `json:"by_reason,omitempty"`
	Warnings  []string       `json:"warnings,omitempty"`
	Hints     []string       `json:"hints,omitempty"`
}

func (k *k8s) listEvents() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "list_events", Title: "List events",
		Description: "Newest first; the same of one object is one row.",
		Hints:       kit.ReadLocal, Output: eventsHead{}, ListName: "rows",
		Example: `{"namespace":"shop","type":"Warning","since":"2h"}`,
	}, k.runEvents)
}

func (k *k8s) runEvents(ctx context.Context, a eventsArgs) (*kit.Result, error) {
	t, err := k.find(ctx, "v1/Event", a.Namespace, a.AllNamespaces)
	if err != nil {
		return nil, err
	}
	since, err := kit.ParseTime(a.Since, k.now())
	if err != nil {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"since\": %w", err)
	}
	selector, err := k.eventSelector(ctx, t.Cluster, a)
	if err != nil {
		return nil, err
	}
	spaces, err := t.namespaces(ctx)
	if err != nil {
		return nil, err
	}
	head := eventsHead{Namespace: t.namespace, Since: kit.FormatTime(since.Truncate(time.Second)), ByReason: map[string]int{}}
	var all []corev1.Event
	for _, space := range spaces {
		options := metav1.ListOptions{FieldSelector: selector, Limit: chunk}
		for n := 0; ; n++ {
			list, err := t.Typed().CoreV1().Events(space).List(ctx, options)
			if err != nil {
				return nil, t.Error(ctx, err, cluster.Request{Verb: "list", Kind: t.kind, Namespace: space})
			}
			for _, e := range list.Items {
				if diagnose.When(e).Before(since) {
					continue
				}
				head.Events++
				head.ByReason[e.Reason]++
				all = append(all, slim(e))
			}
			if options.Continue = list.Continue; options.Continue == "" {
				break
			}
			if n == maxRequests {
				head.Warnings = append(head.Warnings, "there are more events than are read; narrow with namespace, for, type or reason")
				break
			}
		}
	}
	rows := foldEvents(all, t.namespace)
	if len(rows) == 0 {
		if head.Hints = nowhere(ctx, t.Cluster, t.namespace); head.Hints == nil {
			head.Hints = []string{"no events since then; the API server keeps them for an hour by default"}
		}
	}
	return kit.Records(head, kit.Slice(a.Paging, rows)).Pin("since", head.Since).Untrusted().Narrow("narrow with for, type or reason"), nil
}

// slim keeps of an event what is shown: there may be thousands.
func slim(e corev1.Event) corev1.Event {
	return corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{CreationTimestamp: e.CreationTimestamp},
		InvolvedObject: corev1.ObjectReference{Kind: e.InvolvedObject.Kind, Namespace: e.InvolvedObject.Namespace, Name: e.InvolvedObject.Name},
		Type:           e.Type, Reason: e.Reason, Message: e.Message, Count: e.Count, Series: e.Series,
		FirstTimestamp: e.FirstTimestamp, LastTimestamp: e.LastTimestamp, EventTime: e.EventTime,
	}
}

func (k *k8s) eventSelector(ctx context.Context, c *cluster.Cluster, a eventsArgs) (string, error) {
	var terms []fields.Selector
	if a.For != "" {
		kind, name, ok := strings.Cut(a.For, "/")
		if !ok {
			kind, name = "", a.For
		}
		if err := cluster.CheckName("for", name); err != nil {
			return "", err
		}
		terms = append(terms, fields.OneTermEqualSelector("involvedObject.name", name))
		if kind != "" {
			found, err := c.Kind(ctx, kind)
			if err != nil {
				return "", err
			}
			terms = append(terms, fields.OneTermEqualSelector("involvedObject.kind", found.Kind))
		}
	}
	if a.Type != "" {
		terms = append(terms, fields.OneTermEqualSelector("type", a.Type))
	}
	if a.Reason != "" {
		if err := cluster.CheckName("reason", a.Reason); err != nil {
			return "", err
		}
		terms = append(terms, fields.OneTermEqualSelector("reason", a.Reason))
	}
	return fields.AndSelectors(terms...).String(), nil
}
