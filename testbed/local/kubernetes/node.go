package kubernetes

import (
	"fmt"

	"github.com/loom-core/loom/testbed/kube"
)

const runtimeSocket = "/run/containerd/containerd.sock"

// containerdConfig has two settings that are there for root without
// CAP_SYS_RESOURCE, as CI machines have it: oom scores that are not lowered, and
// no AppArmor. The native snapshotter copies images, which are small, and works on
// any file system.
func containerdConfig(cni, plugins string) string {
	return fmt.Sprintf(`version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = %q
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  stream_server_address = "127.0.0.1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q
`, runtimeSocket, kube.PauseImage, plugins, cni)
}

// cniConfig puts pods on a bridge of the cell. They reach each other and the node.
var cniConfig = indented(map[string]any{
	"cniVersion": "0.4.0", "name": "loom",
	"plugins": []any{
		map[string]any{
			"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
			"ipam": map[string]any{
				"type": "host-local", "ranges": []any{[]any{map[string]any{"subnet": podSubnet}}},
				"routes": []any{map[string]any{"dst": "0.0.0.0/0"}},
			},
		},
		map[string]any{"type": "loopback"},
	},
})

// kubeletConfig lets anybody in: the kubelet is in the cell, with the API server.
func kubeletConfig(group string) string {
	return indented(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
		"address": nodeIP, "healthzPort": 0, "readOnlyPort": 0,
		"authentication":           map[string]any{"anonymous": map[string]any{"enabled": true}, "webhook": map[string]any{"enabled": false}},
		"authorization":            map[string]any{"mode": "AlwaysAllow"},
		"containerRuntimeEndpoint": "unix://" + runtimeSocket,
		"cgroupDriver":             "cgroupfs",
		"cgroupRoot":               "/" + group, // two kubelets with one root end each other's pods
		"cgroupsPerQOS":            true,
		"enforceNodeAllocatable":   []string{},
		"failCgroupV1":             false,
		"failSwapOn":               false,
		"oomScoreAdj":              0, // lowering it needs CAP_SYS_RESOURCE
		"makeIPTablesUtilChains":   false,
		"resolvConf":               "", // pods look up no names
		"volumePluginDir":          "/var/lib/kubelet/volume-plugins",
		// A full disk is not the node's business, and a test does not wait.
		"imageGCHighThresholdPercent": 100,
		"evictionHard":                map[string]string{"memory.available": "50Mi", "nodefs.available": "1Mi", "imagefs.available": "1Mi"},
		"syncFrequency":               "5s", "fileCheckFrequency": "1s", "nodeStatusUpdateFrequency": "5s",
	})
}
