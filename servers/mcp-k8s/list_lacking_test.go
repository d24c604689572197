package main

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kube/kubetest"
)

// A path that no object has is told apart from one that is empty.
func TestListLacking(t *testing.T) {
	api := kubetest.New(t, append(pods(2, "default"), strings.Replace(podYAML("default", "odd", "Failed"), "phase:", "reason: Evicted, phase:", 1))...)
	c := connect(t, api, nil)
	for _, sort := range []string{"", `,"sort":"name"`} {
		text := c.MustText("list_resources", args(`{"kind":"pods","output":"fields","fields":"spec.nodNam,spec.containers[*].imag,spec.nodeName.x,metdata,status.reason,metadata.labels.app"%s}`, sort))
		has(t, text, "no object here has spec.nodNam; spec has containers, nodeName", "no object here has spec.containers[*].imag; spec.containers has image, name",
			`"no object here has spec.nodeName.x",`, "no object here has metdata; there are apiVersion, kind, metadata, spec, status")
		hasNot(t, text, "has status.reason", "has metadata.labels.app")
	}
}
