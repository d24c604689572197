package main

import (
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/kubetest"
)

const endpoints = `
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec: {containers: [{name: app, ports: [{name: sql, containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {ports: [{name: sql, port: 5433}, {name: idle, port: 99}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: shop, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{name: sql, port: 5432}]
endpoints:
- {addresses: [10.0.0.1], conditions: {ready: false}, targetRef: {kind: Pod, name: b}}
- {addresses: [10.0.0.2], conditions: {ready: true}, targetRef: {kind: Pod, name: a}}
`

// TestBehind: which pod and port a probe of TCP goes to.
func TestBehind(t *testing.T) {
	o, _ := testOps(t, kubetest.New(t, endpoints), nil)
	s, err := o.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		kind, name, port, pod string
		number                int
		why                   bool
		code                  kit.Code
	}{
		{"pods", "a", "80", "a", 80, false, ""},
		{"pods", "a", "sql", "a", 5432, false, ""},
		{"pods", "a", "http", "", 0, false, kit.InvalidArgument},
		{"pods", "a", "99999", "", 0, false, kit.InvalidArgument},
		{"services", "db", "sql", "a", 5432, false, ""},
		{"services", "db", "5433", "a", 5432, false, ""},
		{"services", "db", "99", "", 0, true, ""},
		{"services", "db", "5432", "", 0, false, kit.InvalidArgument},
	} {
		target, err := s.object(t.Context(), tc.kind, tc.name, "shop")
		if err != nil {
			t.Fatal(err)
		}
		pod, number, why, err := s.behind(t.Context(), target, tc.port)
		if (tc.code != "") != (err != nil) || tc.code != "" && !is(err, tc.code) || err == nil && (pod.name != tc.pod || number != tc.number || (why != "") != tc.why) {
			t.Errorf("%s %s port %s: %s %d %q (%v)", tc.kind, tc.name, tc.port, pod.name, number, why, err)
		}
	}
}

func TestRefusal(t *testing.T) {
	long := "error forwarding port 9 to pod f05, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-46c9\": failed to connect to localhost:9 inside namespace \"f05\", IPv4: dial tcp4 127.0.0.1:9: connect: connection refused\n"
	for in, want := range map[string]string{long: "dial tcp4 127.0.0.1:9: connect: connection refused", "no such pod": "no such pod"} {
		if got := refusal(in); got != want {
			t.Errorf("refusal(%q) = %q, want %q", in, got, want)
		}
	}
}
