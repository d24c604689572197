package main

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type nodeArgs struct {
	Name        string `arg:"name,required"`
	Schedulable *bool  `arg:"schedulable,required"`
}

func (o *ops) setNodeSchedulable() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "set_node_schedulable", Title: "Cordon or uncordon a node", Once: true, Hints: writes,
		Description: "Whether new pods may come to a node. Those that run stay.",
		Example:     `{"name": "node-1", "schedulable": false}`,
	}, o.schedulable)
}

// cordoned is the change that keeps new pods from a node.
func cordoned(yes bool) patching {
	if !yes {
		return merging("spec", "unschedulable", nil)
	}
	return merging("spec", "unschedulable", true)
}

func isCordoned(u *unstructured.Unstructured) bool {
	yes, _, _ := unstructured.NestedBool(u.Object, "spec", "unschedulable")
	return yes
}

func (o *ops) schedulable(ctx context.Context, a nodeArgs) (*kit.Result, error) {
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
	state := func(u *unstructured.Unstructured) any {
		return struct {
			Schedulable bool `json:"schedulable"`
		}{!isCordoned(u)}
	}
	return o.change(ctx, s, t, live, changing{patch: cordoned(!*a.Schedulable), state: state, quiet: true})
}
