package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

// noon is when the tests are.
var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func serverOf(t testing.TB, getenv func(string) string) *kit.Server {
	t.Helper()
	clusters, err := cluster.FromEnv(getenv, "test/1")
	if err != nil {
		t.Fatal(err)
	}
	return newServer(clusters, func() time.Time { return noon })
}

func connect(t testing.TB, api *kubetest.API, env map[string]string) *kittest.Client {
	t.Helper()
	return kittest.Connect(t, serverOf(t, api.Getenv(t, env)))
}

// args are arguments as JSON.
func args(format string, a ...any) json.RawMessage { return json.RawMessage(fmt.Sprintf(format, a...)) }

func has(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("want %q in\n%s", w, text)
		}
	}
}

func hasNot(t *testing.T, text string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(text, w) {
			t.Errorf("%q is in\n%s", w, text)
		}
	}
}

// podYAML is a pod that runs.
func podYAML(namespace, name, phase string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: %s, labels: {app: web}}\nspec: {nodeName: n1, containers: [{name: app, image: web:1}]}\nstatus: {phase: %s}\n", name, namespace, phase)
}

func pods(n int, namespaces ...string) (all []string) {
	for i := range n {
		phase := "Running"
		if i%10 == 3 {
			phase = "Pending"
		}
		all = append(all, podYAML(namespaces[i%len(namespaces)], fmt.Sprintf("web-%04d", i), phase))
	}
	return all
}

// TestContextsBudget: several contexts cost no more than tools/list may.
func TestContextsBudget(t *testing.T) {
	api := kubetest.New(t)
	for _, names := range [][]string{{"reader", "outsider"}, {"production-eu-1", "production-us-1"}, {"minikube", "kindred", "staging"}, clouds(40)} {
		path := api.Kubeconfig(t, names...)
		cost := kittest.Cost(t, serverOf(t, func(name string) string { return map[string]string{"KUBECONFIG": path}[name] }))
		t.Logf("%d contexts: about %d tokens", len(names), cost)
		if cost > 3500 {
			t.Errorf("tools/list with the contexts %.60q costs about %d tokens, the budget is 3500", names, cost)
		}
	}
}

// clouds are contexts by the names that clouds give them.
func clouds(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("arn:aws:eks:eu-central-1:123456789012:cluster/prod-%02d", i))
	}
	return names
}
