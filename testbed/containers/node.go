package containers

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"

	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/ociimage"
	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
)

// upstreamNode is kind's own node. No digest of it was to be found.
var upstreamNode = "docker.io/kindest/node:" + program.Kubernetes.Version

// nodePackages are what kind's node image has, and a container runtime.
var nodePackages = []string{
	"systemd", "systemd-sysv", "iptables", "conntrack", "iproute2", "ethtool", "kmod", "mount", "util-linux", "procps", "jq",
	"ca-certificates", "containerd", "runc", "socat", "libseccomp2", "hostname", "containernetworking-plugins",
}

// parts are those that run as pods from images of their own, of one program.
var parts = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}

//go:embed node.sh
var nodeScript string

//go:embed node.toml
var nodeContainerd string

//go:embed node.conflist
var nodeNetwork string

// What is added to the units of the node: the images are imported before containerd
// counts as started, and with it before a kubelet asks for them. Nobody looks for them
// elsewhere either.
const (
	imagesUnit = `[Service]
ExecStartPost=/bin/sh -c 'for f in /kind/images/*.tar; do ctr --namespace k8s.io images import "$f"; done'
`
	kubeletUnit = `[Unit]
Wants=containerd.service
After=containerd.service
`
	registry = `server = "http://127.0.0.1:1"
`
)

// nodeImage is the image of a node of kind, whose id and programs it returns.
// small are the archives of [kube.Images].
func nodeImage(ctx context.Context, docker *client.Client, h service.Host) (id string, small []string, err error) {
	bin := filepath.Join(h.Dir, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", nil, err
	}
	if small, err = kube.Images(ctx, bin, h.Say); err != nil {
		return "", nil, err
	}
	if !localImages() {
		id, err = pull(ctx, docker, h, upstreamNode)
		return id, small, err
	}
	kubebed, err := program.Kubernetes.Build(ctx, h.Cache, h.Say, h.Owned)
	if err != nil {
		return "", nil, err
	}
	if err := kube.Build(ctx, bin, h.Say, "testbed-runc"); err != nil {
		return "", nil, err
	}
	kind, err := kindFolder(ctx)
	if err != nil {
		return "", nil, err
	}
	n := node{kind: kind, kubebed: kubebed, runc: filepath.Join(bin, "testbed-runc"), pause: filepath.Join(bin, "pause.tar")}
	state, err := n.key()
	if err != nil {
		return "", nil, err
	}
	m := made{
		reference: "loom.test/node:" + program.Kubernetes.Version, key: state,
		changes: []string{`ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]`, "ENV container=docker"},
		write:   func(w io.Writer) error { return n.write(ctx, h, w) },
	}
	id, err = m.get(ctx, docker, h)
	return id, small, err
}

// node is what a node image is made of. All fields are required.
type node struct {
	kind                 string // folder of kind's module
	kubebed, runc, pause string // files
}

// kindFolder is where the module of kind is, with the files of its node image.
func kindFolder(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kind").Output()
	if err != nil {
		return "", fmt.Errorf("finding the module of kind: %w\nrun it inside the source tree", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// key is what the image depends on.
func (n node) key() (string, error) {
	of := append([]string{filepath.Base(filepath.Dir(n.kubebed)), filepath.Base(n.kind), suite(), nodeScript, nodeContainerd, nodeNetwork, imagesUnit, kubeletUnit, registry}, nodePackages...)
	for _, file := range []string{n.runc, n.pause} {
		raw, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("reading what the node image is made of: %w", err)
		}
		of = append(of, fmt.Sprintf("%x", sha256.Sum256(raw)))
	}
	return key(of...), nil
}

// write writes the files of the image.
func (n node) write(ctx context.Context, h service.Host, to io.Writer) error {
	root := filepath.Join(h.Dir, "rootfs")
	defer os.RemoveAll(root)
	if err := debootstrap(ctx, h, root, nodePackages); err != nil {
		return err
	}
	place := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	files := filepath.Join(n.kind, "images", "base", "files")
	for _, pair := range [][2]string{{"etc", "etc"}, {"usr/local/bin", "usr/local/bin"}, {"kind", "kind"}} {
		if err := errors.Join(os.MkdirAll(place(pair[1]), 0o755),
			command(ctx, h, nil, "cp", "-r", "--no-preserve=mode", filepath.Join(files, pair[0])+"/.", place(pair[1]))); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"kind/version":               program.Kubernetes.Version + "\n",
		"etc/containerd/config.toml": nodeContainerd, "etc/cni/net.d/10-testbed.conflist": nodeNetwork,
		"etc/containerd/certs.d/loom.test/hosts.toml":         registry,
		"etc/systemd/system/containerd.service.d/images.conf": imagesUnit,
		"etc/systemd/system/kubelet.service.d/20-images.conf": kubeletUnit,
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(place(name)), 0o755), os.WriteFile(place(name), []byte(text), 0o644)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(place("kind/images"), 0o755); err != nil {
		return err
	}
	for _, pair := range [][2]string{{n.kubebed, "usr/bin/kubebed"}, {n.runc, "usr/local/bin/testbed-runc"}, {n.pause, "kind/images/pause.tar"}} {
		if err := copyFile(pair[0], place(pair[1])); err != nil {
			return err
		}
	}
	if err := n.partsImage().WriteFile(place("kind/images/parts.tar")); err != nil {
		return err
	}
	// The last touches are those of kind's own Dockerfile.
	if err := command(ctx, h, nil, "sh", "-euc", nodeScript, "node", root); err != nil {
		return err
	}
	return archive(ctx, h, to, root)
}

// partsImage is the image of all parts, under the names that kubeadm asks for.
func (n node) partsImage() ociimage.Image {
	i := ociimage.Image{Program: n.kubebed, Links: parts}
	for _, part := range parts {
		i.Refs = append(i.Refs, "loom.test/"+part+":"+program.Kubernetes.Version)
	}
	i.Ref, i.Refs = i.Refs[0], i.Refs[1:]
	return i
}
