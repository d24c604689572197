// Command mcp-k8s lets a model read Kubernetes clusters. It only reads: its
// requests are get and list, and reviews of what it may do.
package main

import (
	_ "embed"
	"log/slog"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/redact"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/kube/mask"
	"k8s.io/klog/v2"
)

//go:embed docs.md
var docs string

func main() {
	klog.SetLogger(logr.Discard()) // it tells of requests, and nobody asked
	os.Exit(kit.Main(kit.Program{
		Name:    "mcp-k8s",
		About:   "objects, logs, events and causes of trouble in Kubernetes, read only.",
		Example: "KUBECONFIG=/home/me/.kube/config",
		Docs:    docs,
		Env:     cluster.Env(),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) {
			clusters, err := cluster.FromEnv(getenv, "loom-mcp-k8s/"+version.String())
			if err != nil {
				return nil, err
			}
			return newServer(clusters, time.Now), nil
		},
	}))
}

const instructions = "Something is broken: diagnose_workload names the cause in one call. What is there: get_cluster_overview, then list_resources. " +
	"kind takes any name of a kind (po, deploy, apps/v1/Deployment, CRDs). Without namespace the context's own is used; all_namespaces=true looks everywhere. " +
	"An answer with next_args goes on when you repeat the call with them. Times: RFC3339, now-1h or 1h (that long ago). " +
	"Values of Secrets are never shown, only their names and sizes."

func newServer(clusters *cluster.Clusters, now func() time.Time) *kit.Server {
	k := &k8s{clusters: clusters, now: now}
	return &kit.Server{
		Name: "mcp-k8s", Title: "Kubernetes", Instructions: instructions,
		Version:     version.String(),
		InstanceArg: "context",
		Instances:   clusters.Names(),
		Redact:      k.redactor(),
		Resources:   []kit.Resource{k.object()},
		Prompts:     []kit.Prompt{k.debugWorkload()},
		Tools: []kit.Tool{
			k.listResources(), k.getResource(), k.describeResource(), k.getLogs(), k.diagnoseWorkload(), k.listEvents(), k.getClusterOverview(),
			k.getRollout(), k.getResourceTree(), k.searchResources(), k.listAPIResources(), k.explainResource(), k.checkAccess(), k.getUsage(),
		},
	}
}

// k8s makes the tools. All fields are required.
type k8s struct {
	clusters *cluster.Clusters
	now      func() time.Time
}

func (k *k8s) redactor() redact.Redactor {
	return redact.Redactor{Rules: []redact.Rule{mask.Text}, Secrets: k.clusters.Secrets}
}
