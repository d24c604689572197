package main

import (
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/confirm"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

type obj = map[string]any

// testOps acts on api, with a clock that the test moves.
func testOps(t testing.TB, api *kubetest.API, env map[string]string) (*ops, *time.Time) {
	t.Helper()
	return opsOf(t, api.Getenv(t, env))
}

func opsOf(t testing.TB, getenv func(string) string) (*ops, *time.Time) {
	t.Helper()
	clusters, err := cluster.FromEnv(getenv, "test")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	return &ops{clusters: clusters, tokens: confirm.New(clock), protected: protectedDefault, now: clock}, &now
}

func TestContract(t *testing.T) {
	o, _ := testOps(t, kubetest.New(t), nil)
	kittest.CheckTools(t, newServer(o), kittest.Contract{Tokens: 3500})
}

// TestReadOnly: of a server that may not write only waiting is left.
func TestReadOnly(t *testing.T) {
	api := kubetest.New(t, web)
	o, _ := testOps(t, api, nil)
	s := newServer(o)
	if err := s.Select(kit.Selection{ReadOnly: true, Toolsets: []string{"all"}}); err != nil {
		t.Fatal(err)
	}
	c := kittest.Connect(t, s)
	if tools := c.Tools(); len(tools) != 1 || tools[0] != "wait_for_condition" {
		t.Errorf("its tools are %v", tools)
	}
	for _, name := range []string{"apply_manifest", "delete_resource", "exec_command", "scale_workload", "probe_endpoint"} {
		c.MustFail(name, obj{"kind": "deploy", "name": "web", "manifest": web, "replicas": 3, "command": []string{"x"}, "port": "80"}, kit.ReadOnlyMode)
	}
	if asked := api.Asked(); len(asked) > 0 {
		t.Errorf("it asked %v", asked)
	}
}

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, generation: 1}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: web:1}]}
status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2}
`

// TestContextsBudget: several contexts cost no more than tools/list may.
func TestContextsBudget(t *testing.T) {
	path := kubetest.New(t).Kubeconfig(t, "minikube", "kindred", "staging")
	o, _ := opsOf(t, func(name string) string { return map[string]string{"KUBECONFIG": path}[name] })
	if cost := kittest.Cost(t, newServer(o)); cost > 3500 {
		t.Errorf("tools/list with three contexts costs about %d tokens, the budget is 3500", cost)
	}
}
