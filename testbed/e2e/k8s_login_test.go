package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/loom-core/loom/testbed"
)

// plugin is a credential program like those of the clouds: it prints the token of
// a file, good for no longer than this call, or says that nobody is logged in.
const plugin = `#!/bin/sh
cd "$(dirname "$0")"
if [ ! -s token ]; then
	echo 'the session has expired, log in again' >&2
	exit 1
fi
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s","expirationTimestamp":"%s"}}' "$(cat token)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
`

// TestK8sLogin has credentials of the kinds that people have: a plugin, OIDC. One
// that is not good any more is an error that says what to do about it, and after
// a login the same server works on.
func TestK8sLogin(t *testing.T) {
	l := newCluster(t)
	l.apply("../../deploy/kubernetes/rbac/mcp-k8s.yaml")
	config, err := clientcmd.LoadFromFile(l.kubeconfig("mcp-k8s"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	token := config.AuthInfos["reader"].Token
	add := func(name string, user *api.AuthInfo) {
		config.AuthInfos[name] = user
		config.Contexts[name] = &api.Context{Cluster: config.Contexts["reader"].Cluster, AuthInfo: name}
	}
	oidc := func(more map[string]string) *api.AuthInfo {
		part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
		settings := map[string]string{"idp-issuer-url": "https://127.0.0.1:1", "client-id": "loom", "id-token": part(`{"alg":"none"}`) + "." + part(`{"exp":1}`) + ".c3dvcmRmaXNo"}
		for k, v := range more {
			settings[k] = v
		}
		return &api.AuthInfo{AuthProvider: &api.AuthProviderConfig{Name: "oidc", Config: settings}}
	}
	add("cloud", &api.AuthInfo{Exec: &api.ExecConfig{APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: api.NeverExecInteractiveMode, Command: put("cloud-login", plugin, 0o700)}})
	add("expired", oidc(nil))
	add("refused", oidc(map[string]string{"refresh-token": "swordfish-refresh"}))
	path := filepath.Join(dir, "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	put("token", token, 0o600)
	l.open("mcp-k8s", map[string]string{"KUBECONFIG": path})

	const ask = `{"kind":"ns","context":%q}`
	works := func(context string) {
		t.Helper()
		f := l.Call("k8s__list_resources", fmt.Sprintf(ask, context))
		if f.IsError() || !strings.Contains(f.Text(), "kube-system") {
			t.Errorf("%s: %s", context, f)
		}
		l.noCredential(f.Raw)
	}
	fails := func(context string, want ...string) {
		t.Helper()
		text := l.fails("list_resources", ask, context)
		contains(t, text, append(want, "ERROR unauthenticated", fmt.Sprintf("%q", context))...)
		if l.noCredential([]byte(text)); strings.Contains(text, "swordfish") || strings.Contains(text, "c3dvcmRmaXNo") {
			t.Errorf("%s: an error has a credential in it: %s", context, text)
		}
	}
	works("reader")
	works("cloud")
	put("token", "", 0o600)
	fails("cloud", "cloud-login", "log in with its own tool")
	put("token", "a-token-that-was-revoked", 0o600)
	fails("cloud", "does not accept the credentials", "log in with its own tool")
	put("token", token, 0o600)
	works("cloud")
	fails("expired", "the OIDC login", "log in again in a terminal")
	fails("refused", "the OIDC login", "log in again in a terminal")
	works("reader")
}

// TestK8sInCluster runs mcp-k8s as in a pod: without a kubeconfig, with the files
// of a ServiceAccount at their place, in a mount namespace of its own.
func TestK8sInCluster(t *testing.T) {
	l := newCluster(t)
	if err := exec.Command("unshare", "-m", "true").Run(); err != nil {
		t.Skipf("needs root and unshare of Linux, to have files at /var/run/secrets: %v", err)
	}
	l.apply("../../deploy/kubernetes/rbac/mcp-k8s.yaml")
	config, err := clientcmd.LoadFromFile(l.kubeconfig("mcp-k8s"))
	if err != nil {
		t.Fatal(err)
	}
	cluster := config.Clusters[config.Contexts["reader"].Cluster]
	at, err := url.Parse(cluster.Server)
	if err != nil {
		t.Fatal(err)
	}
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	const inPod = `mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount && cp "$0"/* /var/run/secrets/kubernetes.io/serviceaccount/ && exec "$1"`
	connect := func(token string) {
		dir := t.TempDir()
		for name, text := range map[string]string{"token": token, "namespace": "kube-system", "ca.crt": string(cluster.CertificateAuthorityData)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args, err := json.Marshal([]string{"-m", "sh", "-c", inPod, dir, filepath.Join(bin, "mcp-k8s")})
		if err != nil {
			t.Fatal(err)
		}
		l.world = newWorld(t, fmt.Sprintf("servers:\n  k8s: {command: unshare, args: %s, env: {KUBERNETES_SERVICE_HOST: %q, KUBERNETES_SERVICE_PORT: %q}}\n", args, at.Hostname(), at.Port()))
		l.Client = l.world.Connect(testbed.ClientOptions{})
	}
	connect(config.AuthInfos["reader"].Token)
	contains(t, l.text("list_resources", `{"kind":"cm"}`), "kube-root-ca.crt", "namespace: kube-system")
	contains(t, l.text("get_cluster_overview", `{}`), "in-cluster", "version: ")
	contains(t, l.fails("list_resources", `{"kind":"secrets"}`), "ERROR permission_denied")

	connect("a-token-that-was-revoked")
	contains(t, l.fails("list_resources", `{"kind":"cm"}`), "ERROR unauthenticated", `"in-cluster"`)
	if text := l.fails("list_resources", `{"kind":"cm"}`); strings.Contains(text, "kubeconfig") {
		t.Errorf("there is no kubeconfig, and the hint is of one: %s", text)
	}
}
