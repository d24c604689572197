package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-k8s-ops/internal/change"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type jobArgs struct {
	CronJob   string `arg:"from_cronjob"`
	Manifest  string `arg:"manifest,json" doc:"a Job, in place of from_cronjob"`
	Name      string `arg:"name" doc:"of the new Job"`
	Namespace string `arg:"namespace"`
	DryRun    bool   `arg:"dry_run"`
}

func (o *ops) runJob() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "run_job", Title: "Run a Job", Once: true, Hints: writesAgain,
		Description: "Creates a Job: now, from a CronJob, or from a manifest.",
		Example:     `{"from_cronjob": "backup", "namespace": "shop"}`,
	}, o.job)
}

func (o *ops) job(ctx context.Context, a jobArgs) (*kit.Result, error) {
	if (a.CronJob == "") == (a.Manifest == "") {
		return nil, kit.Errorf(kit.InvalidArgument, "give either from_cronjob or manifest")
	}
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	var t target
	var job *unstructured.Unstructured
	if a.CronJob != "" {
		t, job, err = o.jobOfCronJob(ctx, s, a)
	} else {
		t, job, err = o.jobOfManifest(ctx, s, a)
	}
	if err != nil {
		return nil, err
	}
	options := metav1.CreateOptions{FieldManager: manager, FieldValidation: metav1.FieldValidationStrict, DryRun: []string{metav1.DryRunAll}}
	made, err := s.of(t).Create(ctx, job, options)
	if err != nil {
		return nil, s.fail(ctx, err, "create", t)
	}
	r := report{Target: t.String(), Changed: true, After: map[string]string{"images": images(made.Object, "spec", "template", "spec")}}
	if a.DryRun {
		return result(o.rehearsed(s, r), change.Diff(t.String(), nil, made.Object)), nil
	}
	options.DryRun = nil
	if _, err := s.of(t).Create(ctx, job, options); err != nil {
		return nil, s.fail(ctx, err, "create", t)
	}
	r.Next = waitFor(t, "condition=Complete")
	return result(s.done("", r), ""), nil
}

// jobOfCronJob is what its controller would make, marked as made by hand.
func (o *ops) jobOfCronJob(ctx context.Context, s *session, a jobArgs) (target, *unstructured.Unstructured, error) {
	from, err := o.writable(ctx, s, "cronjobs.v1.batch", a.CronJob, a.Namespace)
	if err != nil {
		return target{}, nil, err
	}
	cron, err := s.get(ctx, from)
	if err != nil {
		return target{}, nil, err
	}
	if a.Name == "" {
		a.Name = newName(from.name)
	}
	t, err := o.writable(ctx, s, "jobs.v1.batch", a.Name, from.namespace)
	if err != nil {
		return target{}, nil, err
	}
	spec, _, err := unstructured.NestedMap(cron.Object, "spec", "jobTemplate", "spec")
	if err != nil {
		return target{}, nil, err
	}
	meta, _, _ := unstructured.NestedMap(cron.Object, "spec", "jobTemplate", "metadata")
	job := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "batch/v1", "kind": "Job", "spec": spec}}
	if meta != nil {
		delete(meta, "creationTimestamp")
		job.Object["metadata"] = meta
	}
	job.SetName(t.name)
	job.SetNamespace(t.namespace)
	notes := job.GetAnnotations()
	if notes == nil {
		notes = make(map[string]string)
	}
	notes["cronjob.kubernetes.io/instantiate"] = "manual"
	job.SetAnnotations(notes)
	yes := true
	job.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "CronJob", Name: cron.GetName(), UID: cron.GetUID(), Controller: &yes}})
	return t, job, nil
}

func (o *ops) jobOfManifest(ctx context.Context, s *session, a jobArgs) (target, *unstructured.Unstructured, error) {
	all, err := documents(a.Manifest)
	if err != nil {
		return target{}, nil, err
	}
	if len(all) != 1 || all[0].GetKind() != "Job" || !strings.HasPrefix(all[0].GetAPIVersion(), "batch/") {
		return target{}, nil, kit.Errorf(kit.InvalidArgument, "argument \"manifest\" has to be one Job").WithHint("apply_manifest takes others")
	}
	job := all[0]
	switch prefix := job.GetGenerateName(); {
	case a.Name != "":
		job.SetName(a.Name)
	case job.GetName() == "" && prefix != "":
		job.SetName(newName(strings.TrimRight(prefix, "-")))
	case job.GetName() == "":
		return target{}, nil, kit.Errorf(kit.InvalidArgument, "the Job has no name").WithHint("give name")
	}
	job.SetGenerateName("")
	d, err := o.document(ctx, s, job, a.Namespace)
	return d.target, job, err
}

// newName is a name that nothing else has. The names of pods are made of it, and
// have at most 63 characters.
func newName(from string) string {
	return fmt.Sprintf("%s-%s", from[:min(len(from), 40)], strings.ToLower(rand.Text()[:5]))
}
