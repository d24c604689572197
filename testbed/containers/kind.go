package containers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/kind/pkg/log"

	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
)

// Where the node has the folders that layOut makes.
const (
	nodeConfig = "/etc/loom"
	nodeAudit  = "/var/log/loom"
)

// layOut writes what the API server reads and makes its log, in dir, whose owner
// can read it then.
func layOut(dir string, users []kube.User) (audit string, err error) {
	audit = filepath.Join(dir, "audit", "audit.json")
	for path, text := range map[string]string{
		filepath.Join(dir, "etc", "audit.yaml"): kube.AuditPolicy,
		filepath.Join(dir, "etc", "tokens.csv"): kube.TokenFile(users...),
		audit:                                   "",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", fmt.Errorf("configuring the API server: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("configuring the API server: %w", err)
		}
	}
	return audit, nil
}

// config is that of a cluster whose API server knows our users and writes an audit
// log. An image made here has no network plugin of kind's, no kube-proxy and no DNS,
// and comes from no registry.
func config(dir string) *v1alpha4.Cluster {
	patches := []string{
		"kind: KubeletConfiguration\nfailCgroupV1: false\n",
		fmt.Sprintf(`kind: ClusterConfiguration
apiServer:
  extraArgs:
    token-auth-file: %[1]s/tokens.csv
    audit-policy-file: %[1]s/audit.yaml
    audit-log-path: %[2]s/audit.json
  extraVolumes:
    - {name: loom, hostPath: %[1]s, mountPath: %[1]s, readOnly: true, pathType: Directory}
    - {name: loom-audit, hostPath: %[2]s, mountPath: %[2]s, pathType: Directory}
`, nodeConfig, nodeAudit),
	}
	c := &v1alpha4.Cluster{
		TypeMeta: v1alpha4.TypeMeta{Kind: "Cluster", APIVersion: "kind.x-k8s.io/v1alpha4"},
		Nodes: []v1alpha4.Node{{
			Role: v1alpha4.ControlPlaneRole,
			ExtraMounts: []v1alpha4.Mount{
				{HostPath: filepath.Join(dir, "etc"), ContainerPath: nodeConfig, Readonly: true},
				{HostPath: filepath.Join(dir, "audit"), ContainerPath: nodeAudit},
			},
		}},
	}
	skip := "preflight" // it takes control groups of version 1 for an error
	if localImages() {
		c.Networking = v1alpha4.Networking{DisableDefaultCNI: true, KubeProxyMode: "none"}
		skip += ", addon/coredns, addon/kube-proxy"
		patches = append(patches, fmt.Sprintf("kind: ClusterConfiguration\nimageRepository: loom.test\netcd: {local: {imageTag: %s}}\n", program.Kubernetes.Version))
	}
	c.KubeadmConfigPatches = append(patches, fmt.Sprintf("kind: InitConfiguration\nskipPhases: [%s]\n", skip))
	return c
}

// logger keeps what kind says with what the node writes.
type logger struct{ to *service.Tail }

func (l logger) Warn(message string) { fmt.Fprintln(l.to, message) }

func (l logger) Warnf(format string, args ...any) { l.Warn(fmt.Sprintf(format, args...)) }

func (l logger) Error(message string) { l.Warn(message) }

func (l logger) Errorf(format string, args ...any) { l.Warnf(format, args...) }

func (l logger) V(level log.Level) log.InfoLogger {
	if level > 0 {
		return log.NoopInfoLogger{}
	}
	return info{l}
}

type info struct{ logger }

func (i info) Info(message string) { i.Warn(strings.TrimSpace(message)) }

func (i info) Infof(format string, args ...any) { i.Info(fmt.Sprintf(format, args...)) }

func (info) Enabled() bool { return true }
