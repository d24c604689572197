package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

type applyArgs struct {
	Manifest  string `arg:"manifest,required,json" doc:"YAML, also several documents"`
	Namespace string `arg:"namespace" doc:"of objects that name none"`
	Force     bool   `arg:"force_conflicts" doc:"take over fields that others manage"`
	Prune     string `arg:"prune" doc:"labels that all objects of the manifest have, app=web: deletes what was applied with them before and is not in it now"`
	DryRun    *bool  `arg:"dry_run"`
	Confirm   string `arg:"confirm"`
}

func (o *ops) applyManifest() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "apply_manifest", Title: "Apply a manifest", Once: true, Hints: destroys,
		Description: "Creates or changes objects by server-side apply. First a plan: difference, conflicts (manager and field), warnings; then again with confirm.",
		Example:     `{"manifest": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {b: c}"}`,
	}, o.apply)
}

func (o *ops) apply(ctx context.Context, a applyArgs) (*kit.Result, error) {
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	docs, err := o.manifest(ctx, s, a.Manifest, a.Namespace)
	if err != nil {
		return nil, err
	}
	var plan []*applied
	var before []any
	for _, d := range docs {
		p, err := s.planApply(ctx, d, docs, a.Force)
		if err != nil {
			return nil, err
		}
		plan, before = append(plan, p), append(before, appliedTo(d.target, p))
	}
	old, err := o.pruned(ctx, s, docs, a.Prune)
	if err != nil {
		return nil, err
	}
	for _, d := range old {
		plan, before = append(plan, &applied{Object: d.Object, Action: "delete", With: d.Dependents}), append(before, d.seen())
	}
	r := report{Target: fmt.Sprintf("%d objects", len(docs)), Details: plan}
	if len(docs) == 1 {
		r.Target = docs[0].String()
	}
	var body strings.Builder
	conflicts := 0
	for _, p := range plan {
		body.WriteString(p.diff)
		conflicts += len(p.Conflicts)
		r.Changed = r.Changed || p.Action != "none"
	}
	st := step{tool: "apply_manifest", seen: before, dryRun: a.DryRun, confirm: a.Confirm, question: applyQuestion(plan)}
	a.DryRun, a.Confirm = nil, ""
	st.args = a
	if conflicts > 0 && !a.Force {
		if st.confirm != "" {
			return nil, kit.Errorf(kit.Conflict, "others manage fields of the manifest by now").WithHint("plan it again, without confirm")
		}
		r.Context, r.DryRun, r.Warnings = s.Context, true, s.warnings.list()
		r.Next = "other managers own these fields: leave them out of the manifest, or plan with force_conflicts=true to take them over"
		return result(r, body.String()), nil
	}
	act, by, err := o.decide(ctx, s, st)
	switch {
	case err != nil:
		return nil, err
	case !act && !r.Changed:
		r.Context, r.DryRun, r.Warnings, r.Next = s.Context, true, s.warnings.list(), "nothing would change"
		return result(r, ""), nil
	case !act:
		return result(o.planned(s, st, r), body.String()), nil
	}
	if err := s.applyAll(ctx, docs, plan, a.Force); err != nil {
		return nil, err
	}
	if err := s.prune(ctx, old, plan[len(docs):]); err != nil {
		return nil, err
	}
	return result(s.done(by, r), clip(body.String())), nil
}

// refusal is why an object cannot be applied. A field that its kind does not have
// is an error of the server to some API servers.
func (s *session) refusal(ctx context.Context, err error, d document) error {
	err = s.fail(ctx, err, "patch", d.target)
	var e *kit.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case strings.Contains(e.Message, "illegal base64 data"):
		e.Code, e.Hint = kit.InvalidArgument, "values of data are base64; stringData takes text as it is"
	case strings.Contains(e.Message, "failed to create typed patch object"), strings.Contains(e.Message, "failed to convert new object"):
		e.Code, e.Hint = kit.InvalidArgument, "explain_resource of mcp-k8s shows the fields of "+d.kind.Kind
	}
	return err
}

// send applies an object. With a version it is refused when that is not the one.
func (s *session) send(ctx context.Context, d document, dryRun, force bool, version string) (*unstructured.Unstructured, error) {
	object := d.object.DeepCopy()
	if version != "" {
		object.SetResourceVersion(version)
	}
	raw, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: manager, Force: &force, FieldValidation: metav1.FieldValidationStrict}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return s.of(d.target).Patch(ctx, d.name, types.ApplyPatchType, raw, options)
}

// applyAll applies what changes, in order, and says how far it came.
func (s *session) applyAll(ctx context.Context, docs []document, plan []*applied, force bool) error {
	var done []string
	for i, d := range docs {
		p := plan[i]
		if p.Action == "none" {
			continue
		}
		write := func(version string) error {
			if _, err := s.send(ctx, d, false, force, version); err != nil {
				return s.refusal(ctx, err, d)
			}
			return nil
		}
		var err error
		if p.live != nil {
			err = s.whileSame(ctx, d.target, p.live, write)
		} else {
			err = write("")
		}
		if err != nil {
			return partly(err, d.target.String()+" was not applied", done)
		}
		done = append(done, d.String())
		if p.live == nil {
			p.Note = "" // not checked, it said
		}
		p.Action = map[string]string{"create": "created", "configure": "configured", "conflict": "configured"}[p.Action]
	}
	return nil
}

// partly is err with what was not done, and what had been done by then.
func partly(err error, what string, done []string) error {
	var e *kit.Error
	if errors.As(err, &e) {
		e.Message = what + ": " + e.Message
		if len(done) > 0 {
			e.Message += "; done before it: " + strings.Join(done, ", ")
		}
	}
	return err
}
