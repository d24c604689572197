package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"github.com/loom-core/loom/servers/kube/kubetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func open(t *testing.T, getenv func(string) string) *cluster.Cluster {
	t.Helper()
	all, err := cluster.FromEnv(getenv, "test/1")
	if err != nil {
		t.Fatal(err)
	}
	c, err := all.Of(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func code(err error) kit.Code {
	var e *kit.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func hint(err error) string {
	var e *kit.Error
	errors.As(err, &e)
	if e == nil {
		return ""
	}
	return e.Message + "\n" + e.Hint
}

func TestKind(t *testing.T) {
	c := open(t, kubetest.New(t).Getenv(t, nil))
	for text, want := range map[string]string{
		"pods": "v1/Pod", "po": "v1/Pod", "Pod": "v1/Pod", "v1/Pod": "v1/Pod", "deploy": "apps/v1/Deployment", "Deployments": "apps/v1/Deployment",
		"deployments.apps": "apps/v1/Deployment", "deployments.v1.apps": "apps/v1/Deployment", "apps/v1/Deployment": "apps/v1/Deployment", "apps/deploy": "apps/v1/Deployment",
		"pods.metrics.k8s.io": "metrics.k8s.io/v1beta1/PodMetrics", "widgets": "example.org/v1/Widget", "wd": "example.org/v1/Widget", "nodes": "v1/Node",
	} {
		k, err := c.Kind(t.Context(), text)
		if got := k.GroupVersion() + "/" + k.Kind; err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", text, got, want, err)
		}
	}
	for text, want := range map[string]string{
		"deploymnet": "did you mean deployments.apps", "apps/v9/Deployment": "did you mean apps/v1/Deployment", "../secrets": "did you mean v1/Secret", "zzz": "list_api_resources",
		strings.Repeat("x", 10_000): "list_api_resources", "pods?x=1": "list_api_resources",
	} {
		if _, err := c.Kind(t.Context(), text); code(err) != kit.InvalidArgument || !strings.Contains(hint(err), want) || len(hint(err)) > 500 {
			t.Errorf("%.20s: %v: %s", text, err, hint(err))
		}
	}
}

// One group that is down does not hide the others.
func TestKindsDown(t *testing.T) {
	api := kubetest.New(t)
	api.Down = []string{"metrics.k8s.io"}
	c := open(t, api.Getenv(t, nil))
	kinds, err := c.Kinds(t.Context())
	if err != nil || len(kinds.All) < 10 || len(kinds.Down) != 1 || !strings.Contains(kinds.Down[0], "metrics.k8s.io/v1beta1") {
		t.Errorf("%d kinds, down %q, %v", len(kinds.All), kinds.Down, err)
	}
	if _, err := c.Kind(t.Context(), "podmetrics"); !strings.Contains(hint(err), "does not answer") {
		t.Errorf("the error says %q", hint(err))
	}
	api.Asked()
	c.Kind(t.Context(), "pods")
	if asked := api.Asked(); len(asked) != 0 {
		t.Errorf("what is known was asked for again: %v", asked)
	}
}

func TestNames(t *testing.T) {
	for _, bad := range []string{"", "a/b", "../x", "..", ".", "a\x00b", "a b", "a%2fb", "a?b", "a#b", `a\b`, "-x", "--server=x", "ä", "a\nb", "a=b", "a,b", "a\u200bb", strings.Repeat("x", 10_000)} {
		if err := cluster.CheckName("name", bad); code(err) != kit.InvalidArgument {
			t.Errorf("CheckName(%.20q) = %v", bad, err)
		}
		if err := cluster.CheckNamespace(bad); code(err) != kit.InvalidArgument {
			t.Errorf("CheckNamespace(%.20q) = %v", bad, err)
		}
	}
	for _, good := range []string{"a", "web-1", "system:node", "example.org", "v1.apps", "A_b", "x@y"} {
		if err := cluster.CheckName("name", good); err != nil {
			t.Error(err)
		}
	}
	if _, err := cluster.CheckLabels("a=b,,&x"); code(err) != kit.InvalidArgument {
		t.Errorf("CheckLabels: %v", err)
	}
	if _, err := cluster.CheckLabels("app=web,api-token in (a,b)"); code(err) != kit.PermissionDenied {
		t.Errorf("CheckLabels: %v", err)
	}
	for selector, want := range map[string]kit.Code{"a": kit.InvalidArgument, "spec.mode=x,spec.db.password!=y": kit.PermissionDenied, "spec.mode=x,metadata.name=y": ""} {
		if _, err := cluster.CheckFields(selector, cluster.Kind{Kind: "Widget"}); code(err) != want {
			t.Errorf("CheckFields(%q): %v", selector, err)
		}
	}
}

func TestContexts(t *testing.T) {
	api := kubetest.New(t)
	path := api.Kubeconfig(t, "dev", "prod", "dev-2")
	env := func(more map[string]string) func(string) string {
		return func(name string) string {
			if name == "KUBECONFIG" {
				return path
			}
			return more[name]
		}
	}
	for _, tc := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "dev dev-2 prod"},
		{map[string]string{"K8S_CONTEXT": "prod"}, "prod dev dev-2"},
		{map[string]string{"K8S_ALLOWED_CONTEXTS": "dev-*, prod"}, "dev-2 prod"},
		{map[string]string{"K8S_ALLOWED_CONTEXTS": "other"}, ""},
	} {
		all, err := cluster.FromEnv(env(tc.env), "x")
		if err != nil || strings.Join(all.Names(), " ") != tc.want {
			t.Errorf("%v: %v %v", tc.env, all.Names(), err)
		}
		if tc.want == "" {
			if _, err := all.Of(t.Context()); code(err) != kit.FailedPrecondition {
				t.Errorf("no context: %v", err)
			}
		}
	}
	for _, bad := range []map[string]string{{"K8S_CONTEXT": "nope"}, {"K8S_ALLOWED_CONTEXTS": "[x"}, {"K8S_ALLOWED_NAMESPACES": " , "}, {"K8S_CONTEXT": "prod", "K8S_ALLOWED_CONTEXTS": "dev"}} {
		if _, err := cluster.FromEnv(env(bad), "x"); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// A kubeconfig that is missing, broken or full of secrets.
func TestKubeconfig(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("users: [{name: a, user: {token: hunter2}}]\n\tx: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"missing": filepath.Join(dir, "no"), "broken": broken} {
		all, err := cluster.FromEnv(func(n string) string { return map[string]string{"KUBECONFIG": path}[n] }, "x")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := all.Of(t.Context()); code(err) != kit.FailedPrecondition || strings.Contains(hint(err), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A login is noticed without a restart.
func TestKubeconfigChanges(t *testing.T) {
	api := kubetest.New(t)
	path := api.Kubeconfig(t)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Replace(string(raw), kubetest.Token, "expired-token", 1)
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := cluster.FromEnv(func(n string) string { return map[string]string{"KUBECONFIG": path}[n] }, "x")
	if err != nil {
		t.Fatal(err)
	}
	list := func() error {
		c, err := all.Of(t.Context())
		if err != nil {
			return err
		}
		_, err = c.Typed().CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
		return c.Error(t.Context(), err, cluster.Request{Verb: "list"})
	}
	if err := list(); code(err) != kit.Unauthenticated || !strings.Contains(hint(err), "read at the next call") {
		t.Errorf("with an old token: %v, %s", err, hint(err))
	}
	if !slices.Contains(all.Secrets(), "expired-token") {
		t.Error("the token is not among the secrets")
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := list(); err != nil {
		t.Errorf("with a new token: %v", err)
	}
}

func TestErrors(t *testing.T) {
	api := kubetest.New(t)
	api.Deny = []string{"list secrets"}
	c := open(t, api.Getenv(t, nil))
	secrets, err := c.Kind(t.Context(), "secrets")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Typed().CoreV1().Secrets("a").List(t.Context(), metav1.ListOptions{})
	err = c.Error(t.Context(), err, cluster.Request{Verb: "list", Kind: secrets, Namespace: "a"})
	if text := hint(err); code(err) != kit.PermissionDenied || !strings.Contains(text, `not allowed to list secrets in namespace "a"`) || !strings.Contains(text, "SelfSubjectAccessReview says no") || !strings.Contains(text, "check_access as_list=true namespace=a") {
		t.Errorf("a denial says %q", text)
	}
	for _, tc := range []struct {
		status int
		reason string
		want   kit.Code
	}{
		{410, "Expired", kit.CursorExpired}, {404, "NotFound", kit.NotFound}, {409, "Conflict", kit.Conflict}, {503, "ServiceUnavailable", kit.Unavailable},
		{400, "BadRequest", kit.InvalidArgument}, {500, "InternalError", kit.Unavailable}, {405, "MethodNotAllowed", kit.Unsupported},
	} {
		api.Hook = func(w http.ResponseWriter, _ *http.Request) { kubetest.Fail(w, tc.status, tc.reason, "m") }
		_, err := c.Typed().CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
		if err = c.Error(t.Context(), err, cluster.Request{Verb: "list"}); code(err) != tc.want {
			t.Errorf("%d %s: %v", tc.status, tc.reason, err)
		}
	}
	api.Close()
	_, err = c.Typed().CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
	if err = c.Error(t.Context(), err, cluster.Request{Verb: "list"}); code(err) != kit.Unavailable || !strings.Contains(hint(err), "nothing listens") {
		t.Errorf("without a server: %v, %s", err, hint(err))
	}
}

// The transport adds our credentials to whatever it is sent to.
func TestRedirect(t *testing.T) {
	api, other := kubetest.New(t), kubetest.New(t)
	api.Hook = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
	}
	c := open(t, api.Getenv(t, nil))
	if _, err := c.Typed().CoreV1().Pods("").List(t.Context(), metav1.ListOptions{}); err == nil {
		t.Error("a redirect to another server was followed")
	}
	if asked := other.Asked(); len(asked) != 0 {
		t.Errorf("the other server was asked %v", asked)
	}
}

// writeConfig is a kubeconfig with that user.
func writeConfig(t *testing.T, api *kubetest.API, user string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: \"" + api.URL + "\", certificate-authority-data: " + api.CA() + "}}]\nusers:\n- name: u\n  user: " + user + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExecPlugin(t *testing.T) {
	api := kubetest.New(t)
	plugin := func(script string) string {
		return `{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: sh, args: [-c, '` + script + `']}}`
	}
	for name, tc := range map[string]struct {
		user string
		want kit.Code
		says string
	}{
		"works":         {plugin(`echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"` + kubetest.Token + `\"}}"`), "", ""},
		"fails":         {plugin(`exit 7`), kit.Unauthenticated, "log in with its own tool"},
		"is not there":  {`{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: no-such-plugin}}`, kit.Unauthenticated, "no-such-plugin"},
		"wants a human": {`{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always, command: sh}}`, kit.Unauthenticated, "standard input"},
		"oidc expired":  {`{auth-provider: {name: oidc, config: {idp-issuer-url: "https://x", client-id: a}}}`, kit.Unauthenticated, "OIDC login"},
	} {
		path := writeConfig(t, api, tc.user)
		c := open(t, func(n string) string { return map[string]string{"KUBECONFIG": path}[n] })
		_, err := c.Typed().CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
		err = c.Error(t.Context(), err, cluster.Request{Verb: "list"})
		if code(err) != tc.want || !strings.Contains(hint(err), tc.says) {
			t.Errorf("a plugin that %s: %v, %s", name, err, hint(err))
		}
	}
}

// A plugin that waits for a human does not hold a call for longer than its deadline.
func TestExecPluginHangs(t *testing.T) {
	path := writeConfig(t, kubetest.New(t), `{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sleep, args: ["2"]}}`)
	c := open(t, func(n string) string { return map[string]string{"KUBECONFIG": path}[n] })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := c.Typed().CoreV1().Pods("").List(ctx, metav1.ListOptions{}); err == nil || time.Since(began) > time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}
