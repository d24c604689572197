package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/change"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

type patchArgs struct {
	Kind      string `arg:"kind,required"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace"`
	Patch     string `arg:"patch,required,json" doc:"JSON or YAML"`
	Type      string `arg:"type" enum:"merge,json,strategic" default:"merge"`
	DryRun    *bool  `arg:"dry_run"`
	Confirm   string `arg:"confirm"`
}

func (o *ops) patchResource() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "patch_resource", Title: "Patch an object", Once: true, Hints: destroysNot,
		Description: "Changes one object. First a plan with the difference, then again with confirm.",
		Example:     `{"kind": "deploy", "name": "web", "namespace": "shop", "patch": {"spec": {"minReadySeconds": 5}}}`,
	}, o.patch)
}

func (o *ops) patch(ctx context.Context, a patchArgs) (*kit.Result, error) {
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, err := o.writable(ctx, s, a.Kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	p, err := parsePatch(a.Type, a.Patch)
	if err != nil {
		return nil, err
	}
	live, err := s.get(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := p.copySecret(t, live.Object); err != nil {
		return nil, err
	}
	if err := p.guessSecret(t, live.Object); err != nil {
		return nil, err
	}
	after, err := s.patch(ctx, t, p, "", true)
	if err != nil {
		return nil, err
	}
	r := report{Target: t.String(), Changed: !change.Equal(live.Object, after.Object)}
	diff := change.Diff(t.String(), live.Object, after.Object)
	st := step{tool: "patch_resource", seen: seenOf(t, live), dryRun: a.DryRun, confirm: a.Confirm, question: "Patch " + t.String() + "?\n" + clip(diff)}
	a.DryRun, a.Confirm = nil, ""
	st.args = a
	act, by, err := o.decide(ctx, s, st)
	switch {
	case err != nil:
		return nil, err
	case !act && !r.Changed:
		r.Context, r.DryRun, r.Next = s.Context, true, "nothing would change"
		return result(r, ""), nil
	case !act:
		return result(o.planned(s, st, r), diff), nil
	}
	err = s.whileSame(ctx, t, live, func(version string) error {
		_, err := s.patch(ctx, t, p, version, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result(s.done(by, r), clip(diff)), nil
}

// patching is a patch whose kind the API server knows by a content type.
type patching struct {
	kind types.PatchType
	body any // of merge and strategic an object, of json a list
}

var patchKinds = map[string]types.PatchType{"merge": types.MergePatchType, "json": types.JSONPatchType, "strategic": types.StrategicMergePatchType}

func parsePatch(kind, text string) (patching, error) {
	p := patching{kind: patchKinds[kind]}
	if len(text) > maxManifest {
		return p, kit.Errorf(kit.TooLarge, "the patch has %d bytes, at most %d are taken", len(text), maxManifest)
	}
	if err := notPlaceholders("the patch", text); err != nil {
		return p, err
	}
	raw, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return p, kit.Errorf(kit.InvalidArgument, "argument \"patch\": %w", err)
	}
	if p.kind == types.JSONPatchType {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
			return p, kit.Errorf(kit.InvalidArgument, "argument \"patch\": a patch of type json is a list of operations").
				WithHint(`write [{"op":"replace","path":"/spec/replicas","value":2}], or an object with type=merge`)
		}
		p.body = list
		return p, nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || len(object) == 0 {
		return p, kit.Errorf(kit.InvalidArgument, "argument \"patch\": a patch of type %s is an object", kind).
			WithHint(`write {"spec":{"replicas":2}}, or a list of operations with type=json`)
	}
	p.body = object
	return p, nil
}

// at is the patch for one version of the object alone; for any if that is empty.
func (p patching) at(version string) ([]byte, error) {
	if version == "" {
		return json.Marshal(p.body)
	}
	if list, ok := p.body.([]json.RawMessage); ok {
		test, err := json.Marshal(map[string]string{"op": "test", "path": "/metadata/resourceVersion", "value": version})
		if err != nil {
			return nil, err
		}
		return json.Marshal(append([]json.RawMessage{test}, list...))
	}
	raw, err := json.Marshal(p.body)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		return nil, err
	}
	meta, ok := object["metadata"].(map[string]any)
	if !ok {
		meta = make(map[string]any)
		object["metadata"] = meta
	}
	meta["resourceVersion"] = version
	return json.Marshal(object)
}

// patch changes an object if it still has that version.
func (s *session) patch(ctx context.Context, t target, p patching, version string, dryRun bool) (*unstructured.Unstructured, error) {
	raw, err := p.at(version)
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: manager, FieldValidation: metav1.FieldValidationStrict}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	u, err := s.of(t).Patch(ctx, t.name, p.kind, raw, options)
	switch {
	case err == nil:
		return u, nil
	case version != "" && p.kind == types.JSONPatchType && failedTest(err) && s.changed(ctx, t, version):
		return nil, kit.Errorf(kit.Conflict, "%s has changed since it was read", t).WithHint("plan it again")
	case apierrors.IsUnsupportedMediaType(err):
		return nil, kit.Errorf(kit.Unsupported, "%s does not take patches of this type", t.kind.GroupResource()).WithHint("use type=merge")
	}
	hint := ""
	if p.kind == types.JSONPatchType && failedTest(err) {
		hint = "an operation may not fit the object: a path that is not there, or a test that says something else"
	}
	return nil, hinted(s.fail(ctx, err, "patch", t), hint)
}

// hinted is err with a hint, if it has none.
func hinted(err error, hint string) error {
	var e *kit.Error
	if errors.As(err, &e) && e.Hint == "" {
		e.Hint = hint
	}
	return err
}

func failedTest(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Reason == metav1.StatusReasonInvalid
}

// changed reports whether an object has another version by now.
func (s *session) changed(ctx context.Context, t target, version string) bool {
	u, err := s.get(ctx, t)
	return err == nil && u.GetResourceVersion() != version
}
