package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/kube/mask"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const (
	maxManifest  = 1 << 20
	maxDocuments = 50
)

// document is one object of a manifest.
type document struct {
	target
	object *unstructured.Unstructured
}

// notPlaceholders refuses text in which a model sends back what an answer had
// in the place of a secret value: it would become the value.
func notPlaceholders(what, text string) error {
	if mask.Count(text) == 0 {
		return nil
	}
	return kit.Errorf(kit.InvalidArgument, "%s has a placeholder for a secret value in it, [redacted: …], which would become the value", what).
		WithHint("leave such members out: what is left out stays as it is; or give the real value")
}

// documents reads the objects of a manifest: YAML with several documents, JSON,
// and Lists of either.
func documents(text string) ([]*unstructured.Unstructured, error) {
	bad := func(n int, err error) error {
		return kit.Errorf(kit.InvalidArgument, "document %d of the manifest: %w", n, err)
	}
	if len(text) > maxManifest {
		return nil, kit.Errorf(kit.TooLarge, "the manifest has %d bytes, at most %d are taken", len(text), maxManifest).WithHint("apply it in parts")
	}
	if err := notPlaceholders("the manifest", text); err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	r := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for n := 1; ; n++ {
		raw, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, bad(n, err)
		}
		raw, err = yaml.YAMLToJSONStrict(raw) // a name that is there twice is an error
		if err != nil {
			return nil, bad(n, err)
		}
		if raw = bytes.TrimSpace(raw); string(raw) == "null" {
			continue // comments alone
		}
		var head struct{ APIVersion, Kind string }
		if err := json.Unmarshal(raw, &head); err != nil || head.Kind == "" || head.APIVersion == "" {
			return nil, bad(n, errors.New("it is no object with apiVersion and kind"))
		}
		u := new(unstructured.Unstructured)
		if err := u.UnmarshalJSON(raw); err != nil {
			return nil, bad(n, errors.New(shortened(err.Error())))
		}
		if !u.IsList() {
			all = append(all, u)
			continue
		}
		list, err := u.ToList()
		if err != nil {
			return nil, bad(n, err)
		}
		for i := range list.Items {
			all = append(all, &list.Items[i])
		}
	}
	switch {
	case len(all) == 0:
		return nil, kit.Errorf(kit.InvalidArgument, "the manifest has no object")
	case len(all) > maxDocuments:
		return nil, kit.Errorf(kit.TooLarge, "the manifest has %d objects, at most %d are taken", len(all), maxDocuments).WithHint("apply it in parts")
	}
	return all, nil
}

// shortened keeps a decoder from repeating the whole document.
func shortened(text string) string {
	if len(text) > 300 {
		return text[:300] + "…"
	}
	return text
}

// manifest reads a manifest and finds the kind and namespace of each object.
// Namespaces and CRDs come first: others may need them.
func (o *ops) manifest(ctx context.Context, s *session, text, namespace string) ([]document, error) {
	objects, err := documents(text)
	if err != nil {
		return nil, err
	}
	var all []document
	for i, u := range objects {
		d, err := o.document(ctx, s, u, namespace)
		if err != nil {
			var e *kit.Error
			if errors.As(err, &e) {
				e.Message = fmt.Sprintf("object %d of the manifest, %s %s: %s", i+1, u.GetKind(), shortened(u.GetName()), e.Message)
			}
			return nil, err
		}
		if slices.ContainsFunc(all, func(other document) bool { return other.String() == d.String() }) {
			return nil, kit.Errorf(kit.InvalidArgument, "the manifest has %s twice", d.target)
		}
		all = append(all, d)
	}
	first := func(d document) int {
		if d.is("namespaces", "customresourcedefinitions.apiextensions.k8s.io") {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b document) int { return first(a) - first(b) })
	return all, nil
}

func (o *ops) document(ctx context.Context, s *session, u *unstructured.Unstructured, namespace string) (document, error) {
	if u.GetName() == "" && u.GetGenerateName() != "" {
		return document{}, kit.Errorf(kit.InvalidArgument, "it has generateName in place of a name, and cannot be applied").WithHint("give it a name; run_job makes one for a Job")
	}
	in := u.GetNamespace()
	if in != "" && namespace != "" && in != namespace {
		return document{}, kit.Errorf(kit.InvalidArgument, "it is in namespace %q, and argument \"namespace\" is %q", in, namespace)
	}
	if in == "" {
		in = namespace
	}
	t, err := o.writable(ctx, s, u.GetAPIVersion()+"/"+u.GetKind(), u.GetName(), in)
	if err != nil {
		return document{}, err
	}
	delete(u.Object, "status") // controllers have it
	u.SetManagedFields(nil)
	u.SetNamespace(t.namespace)
	return document{t, u}, cluster.CheckName("name", t.name)
}
