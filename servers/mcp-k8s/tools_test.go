package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

func TestTools(t *testing.T) {
	api := worldly(t, "trouble")
	c := connect(t, api, nil)
	for _, tc := range []struct {
		tool, in string
		want     []string
	}{
		{"get_resource", `{"kind":"deploy","names":"web,nope"}`, []string{"replicas: 2", "nope: "}},
		{"get_resource", `{"kind":"secret","name":"db"}`, []string{"password: '[redacted: 7 bytes]'", `"masked_values":1`}},
		{"get_resource", `{"kind":"deploy","name":"web","fields":"spec.template.spec.containers[0].image,status.conditions[*].reason"}`, []string{"web:2", "ProgressDeadlineExceeded"}},
		{"get_resource", `{"kind":"cm","name":"settings","part":"spec"}`, []string{"mode: fast"}},
		{"describe_resource", `{"kind":"pod","name":"web-2-a"}`, []string{"Owned by:  ReplicaSet/web-2 < Deployment/web", "BackOff"}},
		{"diagnose_workload", `{"name":"web"}`, []string{"target: Deployment web in default", "CrashLoop of container app", "exit code 1", "level=error msg=trouble", "before its last restart", "get_logs name=web-2-a", "pod/web-2-a"}},
		{"diagnose_workload", `{"name":"deploy/web"}`, []string{"target: Deployment web in default"}},
		{"diagnose_workload", `{}`, []string{"target: namespace default", "1 of 2 pods: CrashLoop", "deployment web: ProgressDeadlineExceeded"}},
		{"diagnose_workload", `{"label_selector":"app=nope"}`, []string{"healthy: true"}},
		{"list_events", `{"for":"pod/web-2-a","since":"1d"}`, []string{"pod/web-2-a\tWarning\tBackOff\t7\t2026-11-28T11:50:00Z\t2026-11-28T11:59:00Z\ttrouble"}},
		{"list_events", `{"since":"10s"}`, []string{"no events since then"}},
		{"get_cluster_overview", `{}`, []string{"version: v1.35.4", "nodes: 1 of 1 ready, allocatable cpu 4, memory 8.0Gi", "Running=2", "CrashLoop\t1\tdefault\tweb-2-a", "diagnose_workload namespace=default"}},
		{"get_rollout", `{"kind":"deploy","name":"web"}`, []string{"state: stuck", "spec.containers[app].image: web:1 -> web:2", "spec.containers[app].env: added "}},
		{"get_resource_tree", `{"kind":"ing","name":"web"}`, []string{"Ingress/web\t\t", "  Service/web\troutes to\t1 ready pods", "    Pod/web-2-a\tselects\t!CrashLoop", "      ConfigMap/settings\tmounts"}},
		{"get_resource_tree", `{"kind":"cm","name":"settings"}`, []string{"^ Pod/web-2-a\tmounts", "^ Deployment/web\towns"}},
		{"search_resources", `{"image":"web:*","kinds":"deploy,po"}`, []string{"Deployment\tdefault\tweb", "Pod\tdefault\tweb-2-b\tRunning\t1h\tweb:2"}},
		{"search_resources", `{"name":"settings","kinds":"*"}`, []string{"ConfigMap\tdefault\tsettings"}},
		{"list_api_resources", `{"group":"core","verbs":"list","namespaced":false}`, []string{"nodes\tno\tv1\tfalse\tNode\tall", "namespaces"}},
		{"explain_resource", `{"kind":"pod.spec","depth":2}`, []string{"What is wanted.", "name <string> required  A text", "parts <[]object>", "  size <integer>", "labels <map of string>"}},
		{"check_access", `{"verb":"get","kind":"pods/log"}`, []string{"allowed: true", `(log)`}},
		{"check_access", `{"as_list":true}`, []string{"pods\tget list"}},
		{"check_access", `{"verb":"*","kind":"pods"}`, []string{"allowed: true"}},
		{"check_access", `{"verb":"Escalate","kind":"pods"}`, []string{"allowed: true"}},
		{"check_access", `{"verb":"impersonate:user-info","kind":"sa"}`, []string{"allowed: true"}},
		{"check_access", `{"verb":"deletecollection","kind":"pods/eviction"}`, []string{"allowed: true"}},
		{"get_usage", `{"target":"containers"}`, []string{"web-2-a\tapp\t20m", "48Mi\t-/64Mi\t75%"}},
		{"get_usage", `{"target":"nodes"}`, []string{"n1\t400m\t4000m\t2048Mi\t8192Mi\t25%"}},
		{"get_usage", `{}`, []string{"web-2-a\t20m"}},
	} {
		text := c.MustText(tc.tool, args("%s", tc.in))
		for _, w := range tc.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s %s: want %q in\n%s", tc.tool, tc.in, w, text)
			}
		}
	}
	for _, tc := range []struct {
		tool, in string
		code     kit.Code
		want     string
	}{
		{"get_resource", `{"kind":"deploy","name":"wbe"}`, kit.NotFound, "did you mean web?"},
		{"get_resource", `{"kind":"deploy"}`, kit.InvalidArgument, "list_resources kind=deploy"},
		{"get_rollout", `{"kind":"pod","name":"x"}`, kit.Unsupported, "deployments, statefulsets"},
		{"get_resource_tree", `{"kind":"node","name":"n1"}`, kit.Unsupported, "no namespace"},
		{"search_resources", `{}`, kit.InvalidArgument, "one of name, image"},
		{"explain_resource", `{"kind":"pod","path":"spec.nam"}`, kit.InvalidArgument, "did you mean name?"},
		{"check_access", `{"verb":"get"}`, kit.InvalidArgument, "as_list=true"},
		{"check_access", `{"verb":"frobnicate","kind":"deploy"}`, kit.InvalidArgument, `deployments.apps has no verb "frobnicate"`},
		{"check_access", `{"verb":"frobnicate","kind":"deploy"}`, kit.InvalidArgument, "its verbs are get, list, watch, create, update, patch, delete; rights also have *, approve"},
		{"check_access", `{"verb":"deletecollection","kind":"deploy"}`, kit.InvalidArgument, "has no verb"},
		{"check_access", `{"verb":"connect","kind":"pods/exec"}`, kit.InvalidArgument, "pods/exec has no verb"},
		{"diagnose_workload", `{"kind":"deploy"}`, kit.InvalidArgument, "name"},
		{"diagnose_workload", `{"name":"nope"}`, kit.NotFound, "search_resources name=*nope*"},
	} {
		has(t, c.MustFail(tc.tool, args("%s", tc.in), tc.code), tc.want)
	}
}

// An API that is down is a warning, and what needs it says so.
func TestDown(t *testing.T) {
	api := worldly(t, "x")
	api.Down = []string{"metrics.k8s.io"}
	c := connect(t, api, nil)
	has(t, c.MustText("list_api_resources", args(`{"filter":"pods"}`)), "metrics.k8s.io/v1beta1 does not answer")
	has(t, c.MustText("get_cluster_overview", nil), "metrics.k8s.io/v1beta1 does not answer", "Running=2")
	has(t, c.MustFail("get_usage", nil, kit.Unavailable), "metrics.k8s.io/v1beta1 does not answer", "kind=apiservices")
	has(t, c.MustText("search_resources", args(`{"name":"web","kinds":"*"}`)), "Deployment\tdefault\tweb")
}

// What may not be read is told, and the rest is answered.
func TestDenied(t *testing.T) {
	api := worldly(t, "x")
	api.Deny = []string{"list events", "list nodes", "list namespaces", "list secrets"}
	c := connect(t, api, nil)
	has(t, c.MustText("diagnose_workload", args(`{"name":"web"}`)), "CrashLoop", "events could not be looked at")
	has(t, c.MustText("get_cluster_overview", nil), "Running=2", "nodes: permission_denied", "namespaces: permission_denied")
	has(t, c.MustFail("list_resources", args(`{"kind":"secrets"}`), kit.PermissionDenied), "SelfSubjectAccessReview says no")
}

func TestNotConfigured(t *testing.T) {
	s := serverOf(t, func(string) string { return "/nowhere" })
	c := kittest.Connect(t, s)
	for tool, in := range calls {
		has(t, c.MustFail(tool, in, kit.FailedPrecondition), "KUBECONFIG")
	}
}

// A slow API server costs a call its deadline, whatever the tool asks first.
func TestSlow(t *testing.T) {
	api := worldly(t, "x")
	slow := make(chan struct{})
	t.Cleanup(func() { close(slow) })
	api.Hook = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/namespaces/") || strings.HasPrefix(r.URL.Path, "/apis/apps/v1/namespaces/") {
			select {
			case <-r.Context().Done():
			case <-slow:
			}
		}
	}
	s := serverOf(t, api.Getenv(t, nil))
	s.Limits.Deadline = 200 * time.Millisecond
	c := kittest.Connect(t, s)
	for _, tool := range []string{"list_resources", "get_resource", "describe_resource", "get_logs", "diagnose_workload", "get_rollout", "get_resource_tree", "list_events"} {
		began := time.Now()
		c.MustFail(tool, calls[tool], kit.Timeout)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %s", tool, took)
		}
	}
}

func TestAttach(t *testing.T) {
	c := connect(t, worldly(t, "x"), nil)
	for uri, want := range map[string]string{
		"k8s://default/secret/db":       "[redacted: 7 bytes]",
		"k8s://-/node/n1":               "kind: Node",
		"k8s://default/deployments/web": "replicas: 2",
	} {
		has(t, string(c.Do("resources/read", map[string]any{"uri": uri})), want)
	}
	has(t, string(c.Do("prompts/get", map[string]any{"name": "debug_workload", "arguments": map[string]any{"name": "deploy/web", "namespace": "shop"}})), "diagnose_workload name=deploy/web namespace=shop")
}
