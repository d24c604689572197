package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/testbed/cell"
	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/service"
)

// nodeName is the name of the one node.
const nodeName = "loom-node"

// nodeless is the variable that does without a node where one cannot be had.
const nodeless = "LOOM_TESTBED_NODE"

// patience is how long a cluster may take to start once it is built: on two idle
// cores it takes less than ten seconds.
const patience = 3 * time.Minute

// Cluster is one cluster. The zero value is ready to be started, once.
type Cluster struct {
	host  service.Host
	node  bool   // pods run
	lacks string // why not
	ports ports
	keys  *keys

	mu      sync.Mutex
	stopped bool
	group   string // the control group that the node's pods are in
	cell    *cell.Cell
	fate    fate
}

// Name is kubernetes.
func (c *Cluster) Name() string { return "kubernetes" }

// auditLog is the file in which the API server writes down each request.
func (c *Cluster) auditLog() string { return c.path("log", "audit.json") }

// Start builds what is missing and starts the cluster. It returns when the node is
// ready, and pods can be made in the namespace default. After an error nothing is
// left but the logs.
//
// Where a node cannot run there is none: the API works, and pods stay pending. CI
// is not content with that.
func (c *Cluster) Start(ctx context.Context, h service.Host) (service.Endpoint, error) {
	c.host = h
	if os.Getenv(nodeless) == "off" {
		c.lacks = "there is no node: " + nodeless + "=off"
	} else if err := needs(); err != nil && os.Getenv("CI") != "" {
		return service.Endpoint{}, fmt.Errorf("a Kubernetes node cannot run here: %w\n%s=off does without a node: the API works, and pods stay pending", err, nodeless)
	} else if err != nil {
		c.lacks = "there is no node: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		h.Say(c.lacks)
	}
	c.node = c.lacks == ""
	end, err := c.start(ctx)
	if err != nil {
		// Stopped even if ctx has ended: it may be what made the start fail.
		if left := c.Stop(context.WithoutCancel(ctx)); left != nil {
			err = errors.Join(err, left)
		}
		return service.Endpoint{}, err
	}
	return end, nil
}

func (c *Cluster) start(ctx context.Context) (service.Endpoint, error) {
	for _, dir := range folders {
		if err := os.MkdirAll(c.path(dir), 0o755); err != nil {
			return service.Endpoint{}, err
		}
	}
	built, err := c.build(ctx)
	if err != nil {
		return service.Endpoint{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return service.Endpoint{}, err
	}
	defer listener.Close() // the cell has one of its own
	outside := "https://" + listener.Addr().String()
	if c.ports, err = choosePorts(c.node); err != nil {
		return service.Endpoint{}, err
	}
	if c.keys, err = newKeys(); err != nil {
		return service.Endpoint{}, err
	}
	if err := c.join(); err != nil {
		return service.Endpoint{}, err
	}
	if err := c.configure(outside); err != nil {
		return service.Endpoint{}, err
	}
	if err := c.open(built, listener.(*net.TCPListener)); err != nil {
		return service.Endpoint{}, err
	}
	api := newAPI(outside, c.keys)
	if err := c.boot(ctx, built, api); err != nil {
		return service.Endpoint{}, err
	}
	version, err := api.version(ctx)
	if err != nil {
		return service.Endpoint{}, err
	}
	return service.Endpoint{
		URL: outside, User: kube.Admin, Token: c.keys.tokens[kube.Admin],
		Kubeconfig: c.path("kubeconfig"), AuditLog: c.auditLog(), Version: version, Lacks: c.lacks,
	}, nil
}

// errStopped is for a start during which somebody stopped the cluster.
var errStopped = errors.New("it was stopped")

// join makes the control group of a node.
func (c *Cluster) join() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errStopped
	}
	if c.node {
		c.group = groupName()
		if err := c.host.Undo(undoGroup(c.group)...); err != nil {
			return err
		}
		return makeGroup(c.group)
	}
	return nil
}

// undoGroup is the command that removes the control group where the cell was killed
// and could not. Processes of it may still be about to end.
func undoGroup(name string) []string {
	const script = `
for try in $(seq 100); do
	left=
	for dir; do
		[ ! -d "$dir" ] || find "$dir" -depth -type d -delete 2>/dev/null || left="$dir is left"
	done
	[ -n "$left" ] || exit 0
	sleep 0.1
done
echo "$left" >&2
exit 1`
	return append([]string{"sh", "-c", script, "sh"}, groupFolders(name)...)
}

// open starts the cell.
func (c *Cluster) open(built programs, listener *net.TCPListener) error {
	o := cell.Options{
		Program: built.cell, Env: c.environ(), Log: c.path("log", "cell.log"),
		Discard:  c.temporary(),
		Listener: listener, Forward: fmt.Sprintf("127.0.0.1:%d", c.ports.api),
	}
	if c.node {
		o.Isolated, o.Address, o.Groups = true, nodeIP, groupFolders(c.group)
		o.Hide = []string{"/run", "/var/lib", "/var/log"}
		o.Show = map[string]string{
			c.host.Dir:                  c.host.Dir,
			filepath.Dir(built.kubebed): filepath.Dir(built.kubebed),
			"/var/lib/containerd":       c.path("containerd"),
			"/var/lib/kubelet":          c.path("kubelet"),
			"/var/log/pods":             c.path("log", "pods"),
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errStopped
	}
	opened, err := cell.Start(o)
	if err != nil {
		return err
	}
	c.cell = opened
	c.host.Owned(opened.PID())
	return nil
}

// Stop ends the cluster and removes what it had, but for its logs. There is no
// order to keep and nothing to save: the processes are killed and their namespaces
// go with them. It may be called more than once, and while Start runs.
func (c *Cluster) Stop(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	var errs []error
	if c.cell != nil {
		errs = append(errs, c.cell.Stop())
	}
	if c.group != "" { // where the cell was killed and could not
		for _, dir := range groupFolders(c.group) {
			errs = append(errs, cell.RemoveGroup(dir))
		}
	}
	for _, path := range c.temporary() {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// folders are those of a cluster.
var folders = []string{"bin", "etc", "etcd", "containerd", "kubelet", "tmp", "log/pods"}

// temporary is all that a cluster has on disk, but for its logs.
func (c *Cluster) temporary() []string {
	if c.host.Dir == "" {
		return nil // it was never started
	}
	all := []string{c.path("kubeconfig")}
	for _, name := range folders {
		all = append(all, c.path(name))
	}
	return all
}

func (c *Cluster) path(elem ...string) string {
	return filepath.Join(append([]string{c.host.Dir}, elem...)...)
}

// environ is the environment of everything in the cell.
func (c *Cluster) environ() []string {
	return []string{
		"PATH=" + programPath, "HOME=" + c.host.Dir, "TMPDIR=" + c.path("tmp"),
	}
}
