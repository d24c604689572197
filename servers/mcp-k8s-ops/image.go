package main

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

type imageArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace"`
	Container string `arg:"container,required"`
	Image     string `arg:"image,required"`
	DryRun    bool   `arg:"dry_run"`
}

func (o *ops) setImage() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "set_image", Title: "Set an image", Once: true, Hints: writes,
		Description: "Sets the image of one container of a workload, which begins a rollout.",
		Example:     `{"kind": "deploy", "name": "web", "namespace": "shop", "container": "app", "image": "registry.example/web:1.2"}`,
	}, o.image)
}

// podSpecs is where the spec of the pods is, in the kinds whose image can be changed.
var podSpecs = map[string][]string{
	"pods":             {"spec"},
	"deployments.apps": {"spec", "template", "spec"}, "statefulsets.apps": {"spec", "template", "spec"},
	"daemonsets.apps": {"spec", "template", "spec"}, "replicasets.apps": {"spec", "template", "spec"},
	"cronjobs.batch": {"spec", "jobTemplate", "spec", "template", "spec"},
}

func (o *ops) image(ctx context.Context, a imageArgs) (*kit.Result, error) {
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, err := o.writable(ctx, s, a.Kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	path := podSpecs[t.kind.GroupResource()]
	if path == nil {
		return nil, kit.Errorf(kit.Unsupported, "the image of %s cannot be changed here", t.kind.GroupResource()).WithHint("patch_resource changes any field")
	}
	if len(a.Image) > 1024 || strings.ContainsAny(a.Image, " \t\r\n\"'\\") || notPlaceholders("the image", a.Image) != nil {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"image\" is no name of an image").WithHint("write registry.example/team/web:1.2")
	}
	live, err := s.get(ctx, t)
	if err != nil {
		return nil, err
	}
	list, _, err := containerOf(live, path, a.Container)
	if err != nil {
		return nil, err
	}
	var v any = map[string]any{list: []any{map[string]any{"name": a.Container, "image": a.Image}}}
	for i := len(path) - 1; i >= 0; i-- {
		v = map[string]any{path[i]: v}
	}
	state := func(u *unstructured.Unstructured) any {
		_, image, _ := containerOf(u, path, a.Container)
		return struct {
			Container string `json:"container"`
			Image     string `json:"image"`
		}{a.Container, image}
	}
	next := ""
	if t.is(rolling...) {
		next = waitFor(t, "rollout")
	}
	return o.change(ctx, s, t, live, changing{
		patch:  patching{types.StrategicMergePatchType, rawMembers(v.(map[string]any))},
		dryRun: a.DryRun, state: state, next: next,
	})
}

// containerOf finds the list in which a container is, and its image.
func containerOf(u *unstructured.Unstructured, path []string, name string) (list, image string, err error) {
	var names []string
	for _, list := range []string{"containers", "initContainers"} {
		all, _, _ := unstructured.NestedSlice(u.Object, append(path[:len(path):len(path)], list)...)
		for _, c := range all {
			c, _ := c.(map[string]any)
			have, _ := c["name"].(string)
			if have == name {
				image, _ = c["image"].(string)
				return list, image, nil
			}
			names = append(names, have)
		}
	}
	return "", "", kit.Errorf(kit.InvalidArgument, "%s %s has no container %q", u.GetKind(), u.GetName(), name).
		WithHint("its containers are %s", strings.Join(names, ", "))
}
