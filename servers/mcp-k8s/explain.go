package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"k8s.io/client-go/discovery"
)

type explainArgs struct {
	Kind  string `arg:"kind,required"`
	Path  string `arg:"path" doc:"spec.template.spec" alias:"field"`
	Depth int    `arg:"depth,clamp" default:"1" min:"1" max:"4"`
}

type explainHead struct {
	Kind string `json:"kind"`
	Path string `json:"path,omitempty"`
	Type string `json:"type,omitempty"`
}

func (k *k8s) explainResource() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "explain_resource", Title: "Explain fields",
		Description: "From the cluster's schema, CRDs too.",
		Hints:       kit.ReadLocal,
		Example:     `{"kind":"deployment","path":"spec.strategy","depth":2}`,
	}, k.runExplain)
}

func (k *k8s) runExplain(ctx context.Context, a explainArgs) (*kit.Result, error) {
	c, err := k.clusters.Of(ctx)
	if err != nil {
		return nil, err
	}
	kind, path := a.Kind, strings.Trim(a.Path, ".")
	found, err := c.Kind(ctx, kind)
	if first, rest, ok := strings.Cut(kind, "."); err != nil && ok { // pod.spec.containers, as kubectl has it
		if of, ofErr := c.Kind(ctx, first); ofErr == nil {
			found, path, err = of, strings.Trim(rest+"."+path, "."), nil
		}
	}
	if err != nil {
		return nil, err
	}
	doc, err := schemas(ctx, c, found)
	if err != nil {
		return nil, err
	}
	at, ok := doc.root(found)
	if !ok {
		return nil, kit.Errorf(kit.Unsupported, "the cluster has no schema of %s", found.GroupResource())
	}
	path = strings.TrimPrefix(strings.TrimPrefix(path, found.Kind+"."), found.Resource+".")
	if path != "" {
		for part := range strings.SplitSeq(path, ".") {
			part, _, _ = strings.Cut(part, "[")
			fields := doc.fields(at)
			next, ok := fields[part]
			if !ok {
				names := slices.Sorted(maps.Keys(fields))
				e := kit.Errorf(kit.InvalidArgument, "%s has no field %q", found.Kind, clip(part))
				if near := similar(part, names); near != nil {
					return nil, e.WithHint("did you mean %s?", strings.Join(near, ", "))
				}
				return nil, e.WithHint("fields there are %s", listed(names, 20))
			}
			at = doc.resolve(next)
		}
	}
	var b strings.Builder
	if at.Description != "" {
		b.WriteString(kit.Shorten(at.Description, 1000) + "\n\n")
	}
	if len(at.Enum) > 0 {
		fmt.Fprintf(&b, "one of %v\n\n", at.Enum)
	}
	doc.write(&b, at, a.Depth, "")
	return kit.Payload(explainHead{found.GroupVersion() + "/" + found.Kind, path, doc.typeOf(at)}, b.String()).Narrow("use path or a smaller depth"), nil
}

// schema is a part of OpenAPI v3.
type schema struct {
	Ref         string             `json:"$ref"`
	AllOf       []*schema          `json:"allOf"`
	Type        string             `json:"type"`
	Format      string             `json:"format"`
	Description string             `json:"description"`
	Enum        []any              `json:"enum"`
	Properties  map[string]*schema `json:"properties"`
	Items       *schema            `json:"items"`
	Additional  json.RawMessage    `json:"additionalProperties"`
	Required    []string           `json:"required"`
	IntOrString bool               `json:"x-kubernetes-int-or-string"`
	Kinds       []struct {
		Group, Version, Kind string
	} `json:"x-kubernetes-group-version-kind"`
}

// document is the schemas of one version of a group.
type document map[string]*schema

func schemas(ctx context.Context, c *cluster.Cluster, kind cluster.Kind) (document, error) {
	want := cluster.Request{Verb: "explain", Kind: kind}
	client, err := discovery.NewDiscoveryClientForConfigAndClient(c.Plain(), c.HTTP(ctx))
	if err != nil {
		return nil, err
	}
	paths, err := client.OpenAPIV3().Paths()
	if err != nil {
		return nil, c.Error(ctx, err, want)
	}
	at := "apis/" + kind.GroupVersion()
	if kind.Group == "" {
		at = "api/" + kind.Version
	}
	of, ok := paths[at]
	if !ok {
		return nil, kit.Errorf(kit.Unsupported, "the cluster has no schema of %s", kind.GroupVersion())
	}
	raw, err := of.Schema("application/json")
	if err != nil {
		return nil, c.Error(ctx, err, want)
	}
	var doc struct{ Components struct{ Schemas document } }
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, kit.Errorf(kit.Unavailable, "reading the schema of %s: %w", kind.GroupVersion(), err)
	}
	return doc.Components.Schemas, nil
}

func (d document) root(kind cluster.Kind) (*schema, bool) {
	for _, s := range d {
		for _, k := range s.Kinds {
			if k.Group == kind.Group && k.Version == kind.Version && k.Kind == kind.Kind && len(s.Properties) > 0 {
				return s, true
			}
		}
	}
	return nil, false
}

// resolve follows references, and keeps the description of the place.
func (d document) resolve(s *schema) *schema {
	for range 10 {
		next := s.Ref
		if next == "" && len(s.AllOf) == 1 {
			next = s.AllOf[0].Ref
		}
		of := d[next[strings.LastIndexByte(next, '/')+1:]]
		if of == nil {
			return s
		}
		merged := *of
		if s.Description != "" {
			merged.Description = s.Description
		}
		s = &merged
	}
	return s
}

// fields are those of an object, or of what a list or map has.
func (d document) fields(s *schema) map[string]*schema {
	s = d.resolve(s)
	switch {
	case len(s.Properties) > 0:
		return s.Properties
	case s.Items != nil:
		return d.fields(s.Items)
	}
	var additional schema
	if json.Unmarshal(s.Additional, &additional) == nil && len(s.Additional) > 0 {
		return d.fields(&additional)
	}
	return nil
}

func (d document) typeOf(s *schema) string {
	s = d.resolve(s)
	switch {
	case s.IntOrString:
		return "int or string"
	case s.Items != nil:
		return "[]" + d.typeOf(s.Items)
	case len(s.Additional) > 0 && len(s.Properties) == 0:
		var additional schema
		if json.Unmarshal(s.Additional, &additional) == nil {
			return "map of " + d.typeOf(&additional)
		}
	case s.Format == "int-or-string":
		return s.Format
	}
	if s.Type == "" {
		return "any"
	}
	return s.Type
}

func (d document) write(b *strings.Builder, s *schema, depth int, indent string) {
	of := d.resolve(s)
	for of.Items != nil {
		of = d.resolve(of.Items)
	}
	fields := d.fields(s)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f := fields[name]
		must := ""
		if slices.Contains(of.Required, name) {
			must = " required"
		}
		about, _, _ := strings.Cut(strings.ReplaceAll(d.resolve(f).Description, "\n", " "), ". ")
		fmt.Fprintf(b, "%s%s <%s>%s", indent, name, d.typeOf(f), must)
		if about != "" {
			b.WriteString("  " + kit.Shorten(about, 160))
		}
		b.WriteByte('\n')
		if depth > 1 {
			d.write(b, f, depth-1, indent+"  ")
		}
	}
}
