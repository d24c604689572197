package main

import (
	_ "embed"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/confirm"
	"github.com/loom-core/loom/servers/kit/redact"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/kube/mask"
)

//go:embed docs.md
var docs string

const (
	protectedEnv = "K8S_PROTECTED_NAMESPACES"
	// protectedNone is the setting of who wants none protected.
	protectedNone = "none"
)

// protectedDefault are the namespaces of the cluster itself. Others are added to
// them: who protects one more does not mean to give these up.
var protectedDefault = []string{"kube-system", "kube-public", "kube-node-lease"}

func program() kit.Program {
	return kit.Program{
		Name:  "mcp-k8s-ops",
		About: "changes in Kubernetes clusters, planned before they are made: apply, delete, scale, restart, roll back, drain.",
		Docs:  docs,
		Env: append(cluster.Env(), kit.EnvVar{
			Name: protectedEnv, Doc: "more namespaces in which nothing is written, as globs: prod-*; or none (" + strings.Join(protectedDefault, ",") + ")",
		}),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) {
			clusters, err := cluster.FromEnv(getenv, "loom-mcp-k8s-ops/"+version.String())
			if err != nil {
				return nil, err
			}
			protected, err := protectedNamespaces(getenv(protectedEnv))
			if err != nil {
				return nil, err
			}
			return newServer(&ops{clusters: clusters, tokens: confirm.New(nil), protected: protected, now: time.Now}), nil
		},
	}
}

func protectedNamespaces(text string) ([]string, error) {
	switch text {
	case "":
		return protectedDefault, nil
	case protectedNone:
		return nil, nil
	}
	globs := slices.Clone(protectedDefault)
	for glob := range strings.SplitSeq(text, ",") {
		if glob = strings.TrimSpace(glob); glob == "" {
			continue
		}
		if _, err := path.Match(glob, ""); err != nil {
			return nil, fmt.Errorf("%s has %q, which is no pattern", protectedEnv, glob)
		}
		globs = append(globs, glob)
	}
	return globs, nil
}

const instructions = "Changes Kubernetes clusters; look around with mcp-k8s first. " +
	"What may destroy is planned first: the call answers with a plan and confirm, and changes nothing. " +
	"Read the plan, then repeat the same call with that confirm. After conflict, plan anew. " +
	"kind: deploy, pods, apps/v1/Deployment and so on. [redacted: n bytes] stands for a secret value: never send it back. " +
	"After a change, wait_for_condition says when it is done."

func newServer(o *ops) *kit.Server {
	return &kit.Server{
		Name: "mcp-k8s-ops", Title: "Kubernetes operations", Instructions: instructions,
		Version:   version.String(),
		Instances: o.clusters.Names(), InstanceArg: "context",
		Redact: redact.Redactor{Rules: []redact.Rule{mask.Text}, Secrets: o.clusters.Secrets},
		Tools: []kit.Tool{
			o.applyManifest(), o.patchResource(), o.deleteResource(),
			o.scaleWorkload(), o.restartWorkload(), o.rollbackWorkload(), o.setRolloutPaused(), o.setImage(),
			o.updateMetadata(), o.setNodeSchedulable(), o.drainNode(),
			o.execCommand(), o.runJob(), o.probeEndpoint(), o.waitForCondition(),
		},
	}
}

// ops makes the tools. All fields are required, but for protected.
type ops struct {
	clusters  *cluster.Clusters
	tokens    *confirm.Tokens
	protected []string // globs of namespaces
	now       func() time.Time
}
