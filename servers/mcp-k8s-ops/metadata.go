package main

import (
	"context"
	"maps"
	"slices"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/mask"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type metadataArgs struct {
	Kind        string             `arg:"kind,required"`
	Name        string             `arg:"name,required"`
	Namespace   string             `arg:"namespace"`
	Labels      map[string]*string `arg:"labels" doc:"null removes"`
	Annotations map[string]*string `arg:"annotations"`
	DryRun      bool               `arg:"dry_run"`
}

func (o *ops) updateMetadata() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "update_metadata", Title: "Set labels and annotations", Once: true, Hints: writes,
		Description: "Sets labels and annotations of an object, or removes them; others stay.",
		Example:     `{"kind": "deploy", "name": "web", "namespace": "shop", "labels": {"team": "pay", "old": null}}`,
	}, o.metadata)
}

func (o *ops) metadata(ctx context.Context, a metadataArgs) (*kit.Result, error) {
	if len(a.Labels)+len(a.Annotations) == 0 {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"labels\" or \"annotations\" is required")
	}
	for _, all := range []map[string]*string{a.Labels, a.Annotations} {
		for name, v := range all {
			if v != nil {
				if err := notPlaceholders(name, *v); err != nil {
					return nil, err
				}
			}
		}
	}
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, err := o.writable(ctx, s, a.Kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	live, err := s.get(ctx, t)
	if err != nil {
		return nil, err
	}
	meta := make(map[string]any)
	if len(a.Labels) > 0 {
		meta["labels"] = a.Labels
	}
	if len(a.Annotations) > 0 {
		meta["annotations"] = a.Annotations
	}
	state := func(u *unstructured.Unstructured) any {
		return struct {
			Labels      map[string]*string `json:"labels,omitempty"`
			Annotations map[string]*string `json:"annotations,omitempty"`
		}{chosen(u.GetLabels(), a.Labels), chosen(u.GetAnnotations(), a.Annotations)}
	}
	return o.change(ctx, s, t, live, changing{patch: mergePatch(map[string]any{"metadata": meta}), dryRun: a.DryRun, state: state, quiet: true})
}

// chosen are the values of those that are to change, nil for one that is not there.
func chosen(have map[string]string, names map[string]*string) map[string]*string {
	if len(names) == 0 {
		return nil
	}
	all := make(map[string]*string)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all[name] = nil
		if v, ok := have[name]; ok {
			if mask.Sensitive(name) || name == mask.LastApplied {
				v = "[redacted]"
			}
			all[name] = &v
		}
	}
	return all
}
