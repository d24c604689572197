package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/confirm"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kube/kubetest"
	"sigs.k8s.io/yaml"
)

const site = `
apiVersion: v1
kind: ConfigMap
metadata: {name: site, namespace: shop, resourceVersion: "7"}
data: {colour: red}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other, namespace: shop}
data: {colour: red}
`

// changeable lets an API be changed: it answers a patch with the object, to which
// it gives the colour of the patch, and notes what was no dry run.
type changeable struct {
	*kubetest.API
	mu   sync.Mutex
	done []string
}

func newChangeable(t *testing.T, manifests ...string) *changeable {
	t.Helper()
	c := &changeable{API: kubetest.New(t, manifests...)}
	c.Hook = func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || strings.HasPrefix(r.URL.Path, "/apis/authorization.k8s.io/") {
			return
		}
		if r.URL.Query().Get("dryRun") == "" {
			c.mu.Lock()
			c.done = append(c.done, r.Method+" "+r.URL.Path)
			c.mu.Unlock()
		}
		w.Header().Set("Content-Type", "application/json")
		var body struct{ Data map[string]string }
		json.NewDecoder(r.Body).Decode(&body)
		json.NewEncoder(w).Encode(obj{"apiVersion": "v1", "kind": "ConfigMap", "metadata": obj{"name": "site", "namespace": "shop"}, "data": body.Data})
	}
	return c
}

// replace replaces objects, or adds them.
func (c *changeable) replace(t *testing.T, manifests string) {
	t.Helper()
	for one := range strings.SplitSeq(manifests, "---\n") {
		var o obj
		if err := yaml.Unmarshal([]byte(one), &o); err != nil {
			t.Fatal(err)
		}
		c.Add(t, o)
	}
}

// changes are those since it was asked last.
func (c *changeable) changes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := c.done
	c.done = nil
	return done
}

var confirmMember = regexp.MustCompile(`"confirm":"([^"]+)"`)

func tokenIn(t *testing.T, answer string) string {
	t.Helper()
	m := confirmMember.FindStringSubmatch(answer)
	if m == nil {
		t.Fatalf("no confirm in %s", answer)
	}
	return m[1]
}

// TestConfirm: what a token does, and what it does not.
func TestConfirm(t *testing.T) {
	patch := func(more obj) obj {
		args := obj{"kind": "cm", "name": "site", "namespace": "shop", "patch": obj{"data": obj{"colour": "blue"}}}
		for k, v := range more {
			args[k] = v
		}
		return args
	}
	for name, tc := range map[string]struct {
		tool   string
		args   obj
		after  time.Duration
		change string // of the object, between plan and act
		code   kit.Code
	}{
		"as planned":             {"patch_resource", patch(nil), 0, "", ""},
		"in time":                {"patch_resource", patch(nil), confirm.Life, "", ""},
		"after ten minutes":      {"patch_resource", patch(nil), confirm.Life + time.Second, "", kit.ConfirmationRequired},
		"other object":           {"patch_resource", patch(obj{"name": "other"}), 0, "", kit.ConfirmationRequired},
		"other patch":            {"patch_resource", patch(obj{"patch": obj{"data": obj{"colour": "green"}}}), 0, "", kit.ConfirmationRequired},
		"other tool":             {"delete_resource", obj{"kind": "cm", "name": "site", "namespace": "shop"}, 0, "", kit.ConfirmationRequired},
		"other data":             {"patch_resource", patch(nil), 0, strings.Replace(site, "red", "black", 1), kit.Conflict},
		"another of the name":    {"patch_resource", patch(nil), 0, strings.Replace(site, "resourceVersion", "uid: x, resourceVersion", 1), kit.Conflict},
		"a version and a status": {"patch_resource", patch(nil), 0, strings.Replace(site, `"7"`, `"8"`, 1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			api := newChangeable(t, site)
			o, now := testOps(t, api.API, nil)
			c := kittest.Connect(t, newServer(o))
			plan := c.MustText("patch_resource", patch(nil))
			if done := api.changes(); done != nil || !strings.Contains(plan, "-  colour: red\n+  colour: blue\n") {
				t.Errorf("a plan does %v:\n%s", done, plan)
			}
			*now = now.Add(tc.after)
			if tc.change != "" {
				api.replace(t, tc.change)
			}
			args := obj{"confirm": tokenIn(t, plan)}
			for k, v := range tc.args {
				args[k] = v
			}
			if tc.code != "" {
				c.MustFail(tc.tool, args, tc.code)
				if done := api.changes(); done != nil {
					t.Errorf("it did %v", done)
				}
				return
			}
			c.MustText(tc.tool, args)
			if done := api.changes(); !slices.Equal(done, []string{"PATCH /api/v1/namespaces/shop/configmaps/site"}) {
				t.Errorf("it did %v", done)
			}
			c.MustFail(tc.tool, args, kit.ConfirmationRequired) // once
			if done := api.changes(); done != nil {
				t.Errorf("the second time it did %v", done)
			}
		})
	}
}

// TestUserIsAsked: without a yes nothing is done, and the token stays good.
func TestUserIsAsked(t *testing.T) {
	api := newChangeable(t, site)
	o, _ := testOps(t, api.API, nil)
	answer, asked := "decline", ""
	c := kittest.ConnectUser(t, newServer(o), func(question string) string { asked = question; return answer })
	args := obj{"kind": "cm", "name": "site", "namespace": "shop", "patch": obj{"data": obj{"colour": "blue"}}}
	plan := c.MustText("patch_resource", args)
	if asked != "" {
		t.Errorf("a plan asks %s", asked)
	}
	args["confirm"] = tokenIn(t, plan)
	c.MustFail("patch_resource", args, kit.PermissionDenied)
	if done := api.changes(); done != nil || !strings.Contains(asked, "Patch configmaps shop/site?") || !strings.Contains(asked, "+  colour: blue") || !strings.Contains(asked, "Cluster: test") {
		t.Errorf("asked %q, did %v", asked, done)
	}
	answer = "accept"
	if text := c.MustText("patch_resource", args); !strings.Contains(text, `"approved_by":"user"`) || len(api.changes()) != 1 {
		t.Errorf("after a yes: %s", text)
	}
}

// TestContexts: a token of one cluster is none of another.
func TestContexts(t *testing.T) {
	api := newChangeable(t, site)
	path := api.Kubeconfig(t, "dev", "prod")
	o, _ := opsOf(t, func(name string) string { return map[string]string{"KUBECONFIG": path}[name] })
	c := kittest.Connect(t, newServer(o))
	args := obj{"kind": "cm", "name": "site", "namespace": "shop", "patch": obj{"data": obj{"colour": "blue"}}}
	plan := c.MustText("patch_resource", args)
	if !strings.Contains(plan, `"context":"dev"`) {
		t.Errorf("the plan does not say for which cluster it is: %s", plan)
	}
	args["confirm"], args["context"] = tokenIn(t, plan), "prod"
	c.MustFail("patch_resource", args, kit.ConfirmationRequired)
	args["context"] = "staging"
	c.MustFail("patch_resource", args, kit.InvalidArgument)
	if done := api.changes(); done != nil {
		t.Errorf("it did %v", done)
	}
	args["context"] = "dev"
	c.MustText("patch_resource", args)
}

// TestLimits: what may not be written is refused before anything is asked for.
func TestLimits(t *testing.T) {
	api := newChangeable(t, site)
	o, _ := testOps(t, api.API, map[string]string{"K8S_ALLOWED_NAMESPACES": "shop"})
	c := kittest.Connect(t, newServer(o))
	c.MustFail("wait_for_condition", obj{"kind": "ns", "name": "bank", "for": "ready"}, kit.PermissionDenied)
	for tool, args := range map[string]obj{
		"delete_resource":      {"kind": "cm", "name": "site", "namespace": "bank"},
		"apply_manifest":       {"manifest": strings.ReplaceAll(site, "shop", "bank")},
		"set_node_schedulable": {"name": "n1", "schedulable": false},
		"drain_node":           {"name": "n1"},
		"run_job":              {"from_cronjob": "x", "namespace": "bank"},
		"wait_for_condition":   {"kind": "cm", "name": "site", "namespace": "bank", "for": "ready"},
	} {
		c.MustFail(tool, args, kit.PermissionDenied)
	}
	for _, request := range api.Asked() {
		if strings.Contains(request, "/namespaces/bank") || strings.Contains(request, "/nodes/") {
			t.Errorf("it asked %s", request)
		}
	}
	c.MustText("delete_resource", obj{"kind": "cm", "name": "site", "namespace": "shop"})
	if done := api.changes(); done != nil {
		t.Errorf("it did %v", done)
	}
}
