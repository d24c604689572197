package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/mask"
	"sigs.k8s.io/yaml"
)

type getArgs struct {
	Kind      string   `arg:"kind,required"`
	Name      string   `arg:"name"`
	Names     []string `arg:"names" doc:"up to 20"`
	Namespace string   `arg:"namespace" alias:"ns"`
	Part      string   `arg:"part" enum:"all,spec,status,metadata" default:"all"`
	Fields    []string `arg:"fields" doc:"spec.replicas"`
}

// payloadHead is what is said of a payload about objects.
type payloadHead struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace,omitempty"`
	Masked    int      `json:"masked_values,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

const maxNames = 20

func (k *k8s) getResource() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "get_resource", Title: "Get an object as YAML",
		Description: "Without managedFields. Secret values become sizes.",
		Hints:       kit.ReadLocal,
		Example:     `{"kind":"deployment","name":"web","namespace":"shop","part":"spec"}`,
	}, k.runGet)
}

func (k *k8s) runGet(ctx context.Context, a getArgs) (*kit.Result, error) {
	names := a.Names
	if a.Name != "" {
		names = append([]string{a.Name}, names...)
	}
	switch {
	case len(names) == 0:
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"name\" is required").WithHint("list_resources kind=%s has the names", a.Kind)
	case len(names) > maxNames:
		return nil, kit.Errorf(kit.InvalidArgument, "%d names are too many, %d are taken", len(names), maxNames)
	}
	t, err := k.find(ctx, a.Kind, a.Namespace, false)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(names))
	problems := make([]error, len(names))
	fanOut(len(names), func(i int) {
		o, err := t.get(ctx, names[i])
		if err != nil {
			problems[i] = err
			return
		}
		texts[i], problems[i] = manifest(o.Object, a.Part, a.Fields)
	})
	head := payloadHead{Kind: t.kind.GroupVersion() + "/" + t.kind.Kind, Namespace: t.namespace}
	var docs []string
	for i, err := range problems {
		var e *kit.Error
		switch {
		case err == nil:
			docs = append(docs, texts[i])
		case len(names) == 1 || !errors.As(err, &e) || e.Code != kit.NotFound:
			return nil, err
		default:
			head.Warnings = append(head.Warnings, fmt.Sprintf("%s: %s", names[i], e.Message))
		}
	}
	body := strings.Join(docs, "---\n")
	head.Masked = mask.Count(body)
	return kit.Payload(head, body).Untrusted().Narrow("narrow with part or fields"), nil
}

// manifest is an object as a reader wants it.
func manifest(o map[string]any, part string, fields []string) (string, error) {
	tidy(o)
	var v any = o
	switch {
	case len(fields) > 0:
		picked := map[string]any{"name": lookUp(o, []string{"metadata", "name"})}
		for _, field := range fields {
			picked[field] = project(o, field)
		}
		v = picked
	case part == "spec" && o["spec"] == nil:
		rest := make(map[string]any) // ConfigMaps, Roles and others have no spec
		for name, v := range o {
			if name != "metadata" && name != "status" {
				rest[name] = v
			}
		}
		v = rest
	case part != "all":
		v = map[string]any{"name": lookUp(o, []string{"metadata", "name"}), part: o[part]}
	}
	raw, err := yaml.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("writing YAML: %w", err)
	}
	return string(raw), nil
}

// tidy removes what the API server keeps for itself.
func tidy(o map[string]any) {
	meta, _ := o["metadata"].(map[string]any)
	for _, name := range []string{"managedFields", "uid", "selfLink", "generateName"} {
		delete(meta, name)
	}
	if notes, ok := meta["annotations"].(map[string]any); ok {
		delete(notes, mask.LastApplied)
		if len(notes) == 0 {
			delete(meta, "annotations")
		}
	}
	if owners, ok := meta["ownerReferences"].([]any); ok {
		for _, owner := range owners {
			if owner, ok := owner.(map[string]any); ok {
				for _, name := range []string{"uid", "blockOwnerDeletion", "controller"} {
					delete(owner, name)
				}
			}
		}
	}
}
