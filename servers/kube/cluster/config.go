package cluster

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// InCluster is the name of the context of a server that runs in a pod and has
// no kubeconfig.
const InCluster = "in-cluster"

// Env are the settings of a server that uses this package.
func Env() []kit.EnvVar {
	return []kit.EnvVar{
		{Name: "KUBECONFIG", Doc: "kubeconfig files, separated as in PATH (~/.kube/config; in a pod without one, its ServiceAccount)"},
		{Name: "K8S_CONTEXT", Doc: "the context used by default (the current one)"},
		{Name: "K8S_ALLOWED_CONTEXTS", Doc: "contexts that may be used, as globs: dev-*,staging (all)"},
		{Name: "K8S_ALLOWED_NAMESPACES", Doc: "namespaces that may be seen, as globs: team-a,team-a-* (all)"},
	}
}

// Clusters are the contexts that a server may use. Its methods may be called
// concurrently.
type Clusters struct {
	agent   string
	paths   []string
	allowed []string // globs of contexts; nil: all
	limit   Limit
	names   []string // the default first
	problem error    // why there are none

	mu   sync.Mutex
	seen stamp // of the files that open was made from
	open map[string]*Cluster
}

// stamp tells when a kubeconfig was changed, such as by a login.
type stamp string

// FromEnv reads the settings of [Env]. agent is for User-Agent: loom-mcp-k8s/1.2.
// A kubeconfig that is missing or broken is no error here: calls tell of it.
func FromEnv(getenv func(string) string, agent string) (*Clusters, error) {
	c := &Clusters{agent: agent, open: make(map[string]*Cluster)}
	var err error
	if c.allowed, err = globs("K8S_ALLOWED_CONTEXTS", getenv("K8S_ALLOWED_CONTEXTS")); err != nil {
		return nil, err
	}
	namespaces, err := globs("K8S_ALLOWED_NAMESPACES", getenv("K8S_ALLOWED_NAMESPACES"))
	if err != nil {
		return nil, err
	}
	c.limit = Limit{namespaces}
	c.paths = kubeconfigs(getenv)
	config, err := c.load()
	if err != nil {
		c.problem = err
		return c, nil
	}
	first := config.CurrentContext
	if wanted := getenv("K8S_CONTEXT"); wanted != "" {
		if config.Contexts[wanted] == nil || !c.allows(wanted) {
			return nil, fmt.Errorf("K8S_CONTEXT is %q, which is none of the contexts %s", wanted, strings.Join(c.choose(config, ""), ", "))
		}
		first = wanted
	}
	if c.names = c.choose(config, first); len(c.names) == 0 {
		c.problem = kit.Errorf(kit.FailedPrecondition, "no context may be used").
			WithHint("whoever runs this server sets KUBECONFIG to a file that has one, or K8S_ALLOWED_CONTEXTS so that it allows one")
	}
	return c, nil
}

func globs(name, text string) ([]string, error) {
	var all []string
	for glob := range strings.SplitSeq(text, ",") {
		if glob = strings.TrimSpace(glob); glob == "" {
			continue
		}
		if _, err := path.Match(glob, ""); err != nil {
			return nil, fmt.Errorf("%s has %q, which is no pattern", name, glob)
		}
		all = append(all, glob)
	}
	if text != "" && all == nil {
		return nil, fmt.Errorf("%s is %q, which allows nothing; leave it out to allow all", name, text)
	}
	return all, nil
}

// kubeconfigs are the files to read, none in a pod that has none.
func kubeconfigs(getenv func(string) string) []string {
	if paths := filepath.SplitList(getenv("KUBECONFIG")); len(paths) > 0 {
		return slices.DeleteFunc(paths, func(p string) bool { return p == "" })
	}
	home := getenv("HOME")
	if home == "" {
		home, _ = os.UserHomeDir() // without one there is no file either
	}
	file := filepath.Join(home, ".kube", "config")
	if _, err := os.Stat(file); err != nil && getenv("KUBERNETES_SERVICE_HOST") != "" {
		return nil
	}
	return []string{file}
}

// load reads the files. Its error says nothing of what is in them.
func (c *Clusters) load() (*api.Config, error) {
	if c.paths == nil {
		return &api.Config{CurrentContext: InCluster, Contexts: map[string]*api.Context{InCluster: {}}}, nil
	}
	config, err := (&clientcmd.ClientConfigLoadingRules{Precedence: c.paths}).Load()
	if err != nil {
		return nil, kit.Errorf(kit.FailedPrecondition, "the kubeconfig %s cannot be read", strings.Join(c.paths, ", ")).
			WithHint("kubectl config view says what is wrong with it")
	}
	if c.stamp() == "" {
		return nil, kit.Errorf(kit.FailedPrecondition, "there is no cluster: the kubeconfig %s does not exist", strings.Join(c.paths, ", ")).
			WithHint("whoever runs this server sets KUBECONFIG")
	}
	if len(config.Contexts) == 0 {
		return nil, kit.Errorf(kit.FailedPrecondition, "there is no cluster: %s has no context", strings.Join(c.paths, ", ")).
			WithHint("whoever runs this server sets KUBECONFIG")
	}
	return config, nil
}

func (c *Clusters) allows(name string) bool { return matches(c.allowed, name) }

// choose are the contexts that may be used, first before the others.
func (c *Clusters) choose(config *api.Config, first string) []string {
	var names []string
	for name := range config.Contexts {
		if c.allows(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if a == first || b == first {
			return map[bool]int{true: -1, false: 1}[a == first]
		}
		return strings.Compare(a, b)
	})
	return names
}

// Names are the contexts, the default one first.
func (c *Clusters) Names() []string { return c.names }

// Limit is which namespaces may be seen.
func (c *Clusters) Limit() Limit { return c.limit }

// Context is what may be told of a context.
type Context struct {
	Name   string `json:"name"`
	Server string `json:"server"`
}

// Contexts are those that may be used, the default one first.
func (c *Clusters) Contexts() []Context {
	config, err := c.load()
	if err != nil {
		return nil
	}
	var all []Context
	for _, name := range c.names {
		at := Context{Name: name}
		if it := config.Contexts[name]; it != nil && config.Clusters[it.Cluster] != nil {
			at.Server = config.Clusters[it.Cluster].Server
		}
		all = append(all, at)
	}
	return all
}

// Of is the cluster that the call of ctx is for. Its clients are made anew when
// a kubeconfig has changed: somebody logged in.
func (c *Clusters) Of(ctx context.Context) (*Cluster, error) {
	if c.problem != nil && len(c.names) == 0 {
		return nil, c.problem
	}
	name := kit.Instance(ctx)
	if name == "" {
		name = c.names[0]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.stamp(); now != c.seen {
		c.seen = now
		clear(c.open)
	}
	if it := c.open[name]; it != nil {
		return it, nil
	}
	it, err := c.connect(name)
	if err != nil {
		return nil, err
	}
	c.open[name] = it
	return it, nil
}

func (c *Clusters) stamp() stamp {
	var b strings.Builder
	for _, file := range c.paths {
		if info, err := os.Stat(file); err == nil {
			fmt.Fprintf(&b, "%s %d %s\n", file, info.Size(), info.ModTime().Format(time.RFC3339Nano))
		}
	}
	return stamp(b.String())
}

func (c *Clusters) connect(name string) (*Cluster, error) {
	if c.paths == nil {
		config, err := rest.InClusterConfig()
		if err != nil {
			return nil, kit.Errorf(kit.FailedPrecondition, "using the ServiceAccount of this pod: %w", err).
				WithHint("does its pod spec have automountServiceAccountToken: false?")
		}
		return newCluster(name, inClusterNamespace(), config, c.agent, c.limit)
	}
	all, err := c.load()
	if err != nil {
		return nil, err
	}
	if all.Contexts[name] == nil {
		return nil, kit.Errorf(kit.FailedPrecondition, "the context %q is not in the kubeconfig any more", name).
			WithHint("this server has to be started again")
	}
	of := clientcmd.NewNonInteractiveClientConfig(*all, name, &clientcmd.ConfigOverrides{}, nil)
	config, err := of.ClientConfig()
	if err != nil {
		return nil, kit.Errorf(kit.FailedPrecondition, "the context %q cannot be used: %w", name, err).
			WithHint("kubectl --context %s get ns says more", name)
	}
	namespace, _, err := of.Namespace()
	if err != nil {
		namespace = "default"
	}
	return newCluster(name, namespace, config, c.agent, c.limit)
}

func inClusterNamespace() string {
	raw, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if err != nil {
		return "default"
	}
	return strings.TrimSpace(string(raw))
}

// Secrets are the credentials in use, which no answer may repeat.
func (c *Clusters) Secrets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, it := range c.open {
		all = append(all, it.secrets...)
	}
	return all
}
