package kubernetes

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loom-core/loom/testbed/kube"
)

// configure writes the files that the parts read. outside is the API server's URL
// outside the cell.
func (c *Cluster) configure(outside string) error {
	inside := fmt.Sprintf("https://127.0.0.1:%d", c.ports.api)
	files := map[string]string{
		"kubeconfig":                 c.keys.kubeconfig(outside, kube.Admin, kube.Outsider),
		"etc/ca.crt":                 string(c.keys.ca),
		"etc/server.crt":             string(c.keys.server),
		"etc/server.key":             string(c.keys.serverKey),
		"etc/sa.key":                 string(c.keys.serviceAccount),
		"etc/tokens.csv":             c.keys.tokenFile(),
		"etc/audit.yaml":             kube.AuditPolicy,
		"etc/controllers.kubeconfig": c.keys.kubeconfig(inside, controllers.name),
		"etc/scheduler.kubeconfig":   c.keys.kubeconfig(inside, scheduler.name),
	}
	if c.node {
		files["etc/node.kubeconfig"] = c.keys.kubeconfig(inside, node.name)
		files["etc/containerd.toml"] = containerdConfig(c.path("etc", "cni"), pluginFolder())
		files["etc/cni/10-loom.conflist"] = cniConfig
		files["etc/kubelet.json"] = kubeletConfig(c.group)
	}
	for name, text := range files {
		path := c.path(filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// indented is v as JSON, which is YAML too.
func indented(v any) string {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // maps and strings
	}
	return string(raw) + "\n"
}
