package kube

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAudit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.json")
	if _, err := Audit(path, Admin); err == nil {
		t.Error("an audit log that is not there is read")
	}
	log := `{"user":{"username":"admin"},"verb":"create","requestURI":"/api/v1/namespaces?timeout=5s","objectRef":{"resource":"namespaces"},"responseStatus":{"code":201}}
{"user":{"username":"outsider"},"verb":"delete","requestURI":"/api/v1/namespaces/x","objectRef":{"resource":"namespaces","name":"x"},"responseStatus":{"code":403}}
{"user":{"username":"admin"},"verb":"list","requestURI":"/api/v1/pods","objectRef":{"resource":"pods"},"responseStatus":{"code":200}}
{"user":{"username":"admin"},"ver`
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Audit(path, Admin)
	if err != nil || len(got) != 2 || got[0].String() != "admin: create /api/v1/namespaces: 201" || got[1].Verb != "list" {
		t.Errorf("the admin's requests are %v (%v)", got, err)
	}
}

func TestMutates(t *testing.T) {
	for _, test := range []struct {
		in   Request
		want bool
	}{
		{Request{Verb: "get", Resource: "pods"}, false},
		{Request{Verb: "list", Resource: "pods"}, false},
		{Request{Verb: "watch", Resource: "pods"}, false},
		{Request{Verb: "get", Resource: "pods", Subresource: "log"}, false},
		{Request{Verb: "get", Resource: "pods", Subresource: "exec"}, true},
		{Request{Verb: "create", Resource: "pods", Subresource: "portforward"}, true},
		{Request{Verb: "create", Resource: "selfsubjectaccessreviews"}, false},
		{Request{Verb: "create", Resource: "pods"}, true},
		{Request{Verb: "patch", Resource: "deployments"}, true},
		{Request{Verb: "deletecollection", Resource: "pods"}, true},
		{Request{Verb: "get", URI: "/version"}, false},
		{Request{Verb: "impersonate"}, true},
	} {
		if got := test.in.Mutates(); got != test.want {
			t.Errorf("%+v mutates: %v, want %v", test.in, got, test.want)
		}
	}
}
