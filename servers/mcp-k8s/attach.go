package main

import (
	"context"
	"fmt"

	"github.com/loom-core/loom/servers/kit"
)

// objectArgs are the variables of the address of an object.
type objectArgs struct {
	Namespace string `arg:"namespace" doc:"- for kinds without one"`
	Kind      string `arg:"kind"`
	Name      string `arg:"name"`
}

func (k *k8s) object() kit.Resource {
	return kit.NewResource(kit.ResourceDef{
		URI: "k8s://{namespace}/{kind}/{name}", Name: "object", Title: "Object as YAML",
		Description: "An object without the values of Secrets", MIMEType: "application/yaml",
	}, func(ctx context.Context, a objectArgs) (*kit.Result, error) {
		if a.Namespace == "-" {
			a.Namespace = ""
		}
		return k.runGet(ctx, getArgs{Kind: a.Kind, Name: a.Name, Namespace: a.Namespace, Part: "all"})
	})
}

// workloadArgs are the arguments of a prompt.
type workloadArgs struct {
	Name      string `arg:"name,required" doc:"deploy/web"`
	Namespace string `arg:"namespace"`
}

func (k *k8s) debugWorkload() kit.Prompt {
	return kit.NewPrompt(kit.PromptDef{
		Name: "debug_workload", Title: "Find out why a workload does not run",
		Description: "From the diagnosis to the change that mends it",
	}, func(_ context.Context, a workloadArgs) (string, error) {
		where := ""
		if a.Namespace != "" {
			where = " namespace=" + a.Namespace
		}
		return fmt.Sprintf("Find out why %s does not run as it should. Call diagnose_workload name=%s%s first. If the cause is not certain, "+
			"follow its next_calls, and compare with get_rollout when it worked before. Then say: the cause and the evidence for it, "+
			"the smallest change that mends it as a manifest or command for me to apply, and how I see that it worked. Change nothing yourself.",
			a.Name, a.Name, where), nil
	})
}
