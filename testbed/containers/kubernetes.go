package containers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"

	"github.com/loom-core/loom/testbed/kube"
	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
)

// kindCluster is a Kubernetes of one node, made by kind.
type kindCluster struct {
	box // of its node

	name string
	kind *cluster.Provider

	deleting sync.Mutex
	begun    bool // there may be something to delete
}

func (*kindCluster) Name() string { return "kubernetes" }

// kindLabel is what kind labels its containers with.
const kindLabel = "io.x-k8s.kind.cluster"

// readyTime is how long a node gets until it is ready: some 15 seconds on two idle
// cores.
const readyTime = 3 * time.Minute

func (c *kindCluster) Start(ctx context.Context, h service.Host) (service.Endpoint, error) {
	docker, err := connect(ctx)
	if err != nil {
		return service.Endpoint{}, err
	}
	image, small, err := nodeImage(ctx, docker, h)
	if err != nil {
		return service.Endpoint{}, err
	}
	c.name = clusterName(h.Dir)
	if err := os.Setenv("KIND_EXPERIMENTAL_DOCKER_NETWORK", networkName(h.Dir)); err != nil {
		return service.Endpoint{}, err
	}
	if err := h.Undo("sh", "-c", networkRemoval, os.Getenv("DOCKER_HOST"), networkName(h.Dir)); err != nil {
		return service.Endpoint{}, err
	}
	if err := remember(h, kindLabel+"="+c.name); err != nil { // undone before the network
		return service.Endpoint{}, err
	}
	at, err := c.create(ctx, docker, h, image, small)
	if err != nil {
		err = errors.Join(err, c.Stop(context.WithoutCancel(ctx)))
	}
	return at, err
}

// clusterName is one that no other cluster of this engine has: kind makes the name
// of a host of it.
func clusterName(dir string) string {
	return "loom-" + strings.ToLower(filepath.Base(filepath.Dir(dir))+"-"+strings.Replace(filepath.Base(dir), "kubernetes", "k", 1))
}

// networkName is the network of all clusters of a run.
func networkName(dir string) string {
	return "loom-" + strings.ToLower(filepath.Base(filepath.Dir(dir)))
}

// networkRemoval is a script that removes a network if it is there.
const networkRemoval = `docker -H "$0" network inspect "$1" >/dev/null 2>&1 || exit 0
docker -H "$0" network rm "$1" >/dev/null && echo "network $1"`

func (c *kindCluster) create(ctx context.Context, docker *client.Client, h service.Host, image string, small []string) (at service.Endpoint, err error) {
	users := []kube.User{{Name: kube.Admin, Group: "system:masters", Token: rand.Text()}, {Name: kube.Outsider, Token: rand.Text()}}
	audit, err := layOut(h.Dir, users)
	if err != nil {
		return at, err
	}
	kubeconfig := filepath.Join(h.Dir, "kubeconfig")
	c.deleting.Lock()
	c.kind, c.begun = cluster.NewProvider(cluster.ProviderWithDocker(), cluster.ProviderWithLogger(logger{&c.logs})), true
	c.deleting.Unlock()
	created := make(chan error, 1)
	go func() { // ends with the creation, which ends when its node is deleted
		created <- c.kind.Create(c.name, cluster.CreateWithV1Alpha4Config(config(h.Dir)), cluster.CreateWithNodeImage(image),
			cluster.CreateWithKubeconfigPath(kubeconfig), cluster.CreateWithRetain(true), cluster.CreateWithWaitForReady(readyTime),
			cluster.CreateWithDisplayUsage(false), cluster.CreateWithDisplaySalutation(false))
	}()
	select {
	case err = <-created:
	case <-ctx.Done():
		for done := false; !done; {
			c.kind.Delete(c.name, kubeconfig) // there may be nothing yet
			select {
			case <-created:
				done = true
			case <-time.After(100 * time.Millisecond):
			}
		}
		return at, context.Cause(ctx)
	}
	if err != nil {
		c.journal()
		return at, fmt.Errorf("kind: %w", err)
	}
	node, err := docker.ContainerInspect(ctx, c.name+"-control-plane", client.ContainerInspectOptions{})
	if err != nil {
		return at, fmt.Errorf("finding the node: %w", err)
	}
	c.docker = docker
	c.watch(node.Container.ID)
	if err := c.load(small); err != nil {
		return at, err
	}
	url, err := rewrite(kubeconfig, users)
	if err != nil {
		return at, err
	}
	at = service.Endpoint{
		URL: url, User: kube.Admin, Token: users[0].Token, Version: program.Kubernetes.Version, Kubeconfig: kubeconfig, AuditLog: audit,
	}
	return at, service.Answers(ctx, c.ended, func(ctx context.Context) error { return podsCanBeMade(ctx, kubeconfig) })
}

// load puts images into the node.
func (c *kindCluster) load(archives []string) error {
	nodes, err := c.kind.ListNodes(c.name)
	if err != nil {
		return fmt.Errorf("finding the node: %w", err)
	}
	for _, node := range nodes {
		for _, archive := range archives {
			f, err := os.Open(archive)
			if err != nil {
				return fmt.Errorf("loading an image: %w", err)
			}
			err = nodeutils.LoadImageArchive(node, f)
			f.Close()
			if err != nil {
				return fmt.Errorf("loading the image %s into the node: %w", filepath.Base(archive), err)
			}
		}
	}
	return nil
}

// journal adds what the kubelet of a node that did not start wrote last.
func (c *kindCluster) journal() {
	nodes, err := c.kind.ListNodes(c.name)
	if err != nil {
		return // there is nothing to tell
	}
	for _, node := range nodes {
		node.Command("journalctl", "--no-pager", "--lines=30", "--output=cat", "--unit=kubelet", "--unit=containerd").SetStdout(&c.logs).Run()
	}
}

// rewrite makes the kubeconfig of kind one with the users that tests expect.
func rewrite(path string, users []kube.User) (url string, err error) {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return "", fmt.Errorf("reading kind's kubeconfig: %w", err)
	}
	for _, cluster := range config.Clusters {
		text := kube.Kubeconfig(cluster.Server, cluster.CertificateAuthorityData, users...)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("writing the kubeconfig: %w", err)
		}
		return cluster.Server, nil
	}
	return "", errors.New("kind's kubeconfig has no cluster")
}

// podsCanBeMade reports why they cannot: the namespace default has no account yet.
func podsCanBeMade(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.WarningHandler = rest.NoWarnings{}
	set, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	_, err = set.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
	return err
}

// Stop removes the node with its volumes, and the network unless another cluster of
// the run is in it.
func (c *kindCluster) Stop(ctx context.Context) error {
	c.deleting.Lock()
	defer c.deleting.Unlock()
	if !c.begun {
		return nil
	}
	docker, err := connect(ctx)
	if err != nil {
		return err
	}
	if err := c.kind.Delete(c.name, filepath.Join(os.TempDir(), "no-kubeconfig")); err != nil {
		return fmt.Errorf("removing the node: %w", err)
	}
	docker.NetworkRemove(ctx, os.Getenv("KIND_EXPERIMENTAL_DOCKER_NETWORK"), client.NetworkRemoveOptions{})
	c.begun = false
	return nil
}
