package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/kube/mask"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/kubectl/pkg/describe"
)

type describeArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace" alias:"ns"`
}

func (k *k8s) describeResource() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "describe_resource", Title: "Describe an object",
		Description: "As kubectl describe, with events and owners.",
		Hints:       kit.ReadLocal,
		Example:     `{"kind":"pod","name":"web-0","namespace":"shop"}`,
	}, k.runDescribe)
}

func (k *k8s) runDescribe(ctx context.Context, a describeArgs) (*kit.Result, error) {
	t, err := k.find(ctx, a.Kind, a.Namespace, false)
	if err != nil {
		return nil, err
	}
	if t.kind.Resource == "nodes" && !t.Limit.Any() {
		return nil, kit.Errorf(kit.PermissionDenied, "describing a node lists pods of all namespaces, of which this server may see some only").
			WithHint("get_resource kind=node name=%s has its state", a.Name)
	}
	// Read once without the describer: it takes what is not there for something else.
	o, err := t.get(ctx, a.Name)
	if err != nil {
		return nil, err
	}
	config := t.Config(ctx)
	of, ok := describe.DescriberFor(t.kind.GroupKind(), config)
	if !ok {
		of, ok = describe.GenericDescriberFor(t.mapping(), config)
	}
	if !ok {
		return nil, kit.Errorf(kit.Unsupported, "%s cannot be described", t.kind.GroupResource()).WithHint("get_resource has all of it")
	}
	text, err := of.Describe(t.namespace, a.Name, describe.DescriberSettings{ShowEvents: true, ChunkSize: chunk})
	if err != nil {
		return nil, t.Error(ctx, err, t.request("get", a.Name))
	}
	if above := t.owners(ctx, o); len(above) > 0 {
		text = strings.TrimRight(text, "\n") + "\nOwned by:  " + strings.Join(above, " < ") + "\n"
	}
	head := payloadHead{Kind: t.kind.GroupVersion() + "/" + t.kind.Kind, Namespace: t.namespace, Masked: mask.Count(text)}
	return kit.Payload(head, text).Untrusted().Narrow("use get_resource with part or fields"), nil
}

func (t target) mapping() *meta.RESTMapping {
	scope := meta.RESTScope(meta.RESTScopeRoot)
	if t.kind.Namespaced {
		scope = meta.RESTScopeNamespace
	}
	return &meta.RESTMapping{Resource: t.kind.GVR(), GroupVersionKind: t.kind.GVR().GroupVersion().WithKind(t.kind.Kind), Scope: scope}
}

// maxDepth is how far up or down owners are followed.
const maxDepth = 4

// owners are those above an object, the nearest first, each as Kind/name.
func (t target) owners(ctx context.Context, o *unstructured.Unstructured) (above []string) {
	for range maxDepth {
		owner := metav1.GetControllerOfNoCopy(o)
		if owner == nil {
			if all := o.GetOwnerReferences(); len(all) > 0 {
				owner = &all[0]
			} else {
				return above
			}
		}
		above = append(above, fmt.Sprintf("%s/%s", owner.Kind, owner.Name))
		next, err := t.ownerOf(ctx, o, *owner)
		if err != nil {
			return above // it may be gone, or not ours to see
		}
		o = next
	}
	return above
}

// ownerOf reads an owner. Its kind and name come from an object, so that they
// are checked like those of a call.
func (t target) ownerOf(ctx context.Context, o *unstructured.Unstructured, owner metav1.OwnerReference) (*unstructured.Unstructured, error) {
	kind, err := t.Kind(ctx, owner.APIVersion+"/"+owner.Kind)
	if err != nil {
		return nil, err
	}
	if err := cluster.CheckName("owner", owner.Name); err != nil {
		return nil, err
	}
	up := target{Cluster: t.Cluster, kind: kind}
	if kind.Namespaced {
		up.namespace = o.GetNamespace()
	}
	return up.resource().Get(ctx, owner.Name, metav1.GetOptions{})
}
