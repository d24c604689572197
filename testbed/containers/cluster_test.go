package containers

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/moby/client"
	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/testbed/kube"
)

// remove removes an image that a test made.
func remove(t *testing.T, id string) {
	t.Helper()
	docker, err := connect(t.Context())
	if err == nil {
		_, err = docker.ImageRemove(t.Context(), id, client.ImageRemoveOptions{Force: true})
	}
	if err != nil {
		t.Error(err)
	}
}

// TestClusterName: kind makes the name of a host of it, and no two are the same.
func TestClusterName(t *testing.T) {
	seen := map[string]bool{}
	for _, dir := range []string{"/tmp/loom-testbed-0/r1234567890/kubernetes", "/tmp/loom-testbed-0/r1234567890/kubernetes3456789012", "/tmp/loom-testbed-0/r2345678901/kubernetes"} {
		name := clusterName(dir)
		if !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(name) || len(name+"-control-plane") > 63 || seen[name] || !strings.HasPrefix(name, networkName(dir)) {
			t.Errorf("the cluster in %s is called %s", dir, name)
		}
		seen[name] = true
	}
}

// TestConfig: what is patched is YAML, and with local images no registry is named.
func TestConfig(t *testing.T) {
	for _, images := range []string{"local", ""} {
		t.Setenv("LOOM_TESTBED_IMAGES", images)
		c := config("/tmp/x")
		for _, patch := range c.KubeadmConfigPatches {
			var any map[string]any
			if err := yaml.Unmarshal([]byte(patch), &any); err != nil || any["kind"] == "" {
				t.Errorf("a patch is no YAML: %v\n%s", err, patch)
			}
		}
		if all := strings.Join(c.KubeadmConfigPatches, "\n"); strings.Contains(all, "imageRepository: loom.test") != (images == "local") || !strings.Contains(all, "audit-log-path: /var/log/loom/audit.json") {
			t.Errorf("with %q the patches are\n%s", images, all)
		}
	}
}

// TestRewrite: of kind's kubeconfig the address and the authority are kept.
func TestRewrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(kube.Kubeconfig("https://127.0.0.1:6443", []byte("an authority"), kube.User{Name: "kind-x", Token: "t"})), 0o600); err != nil {
		t.Fatal(err)
	}
	url, err := rewrite(path, []kube.User{{Name: kube.Admin, Token: "1"}, {Name: kube.Outsider, Token: "2"}})
	if err != nil || url != "https://127.0.0.1:6443" {
		t.Fatalf("the address is %s (%v)", url, err)
	}
	want := kube.Kubeconfig(url, []byte("an authority"), kube.User{Name: kube.Admin, Token: "1"}, kube.User{Name: kube.Outsider, Token: "2"})
	if got, _ := os.ReadFile(path); string(got) != want {
		t.Errorf("the kubeconfig is\n%s", got)
	}
}

// TestLayOut: the log is there before the API server writes it, and whoever runs
// the tests owns it.
func TestLayOut(t *testing.T) {
	dir := t.TempDir()
	audit, err := layOut(dir, []kube.User{{Name: kube.Admin, Group: "system:masters", Token: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(audit); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "etc", "tokens.csv")); string(got) != "1,admin,admin,\"system:masters\"\n" {
		t.Errorf("the users are %q", got)
	}
}
