package cluster

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/mask"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // OIDC; the clouds' come as exec plugins
	"k8s.io/client-go/rest"
)

// Cluster is one context. Its clients mask what they read; those of ctx end with it.
type Cluster struct {
	Context   string
	Server    string // its address
	Namespace string // the default one of the context
	Limit     Limit

	config  *rest.Config // without transport and credentials
	full    *rest.Config // with them
	wire    http.RoundTripper
	dynamic dynamic.Interface
	typed   kubernetes.Interface
	rest    rest.Interface
	secrets []string
	login   string // what credentials come from, for hints
	kinds   catalog
}

const (
	dialTimeout  = 5 * time.Second
	maxRedirects = 3
)

func newCluster(name, namespace string, config *rest.Config, agent string, limit Limit) (*Cluster, error) {
	c := &Cluster{Context: name, Server: config.Host, Namespace: namespace, Limit: limit, login: loginOf(config), secrets: secretsOf(config)}
	c.kinds.turn = make(chan struct{}, 1)
	config.UserAgent = agent
	if config.Dial == nil {
		config.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	config.Timeout = 0 // that of a call holds
	wire, err := rest.TransportFor(config)
	if err != nil {
		return nil, kit.Errorf(kit.FailedPrecondition, "the context %q cannot be used: %w", name, err).
			WithHint("kubectl --context %s get ns says more", name)
	}
	c.wire, c.full = &patient{wire}, config
	// No client limits itself: the API server does it better.
	c.config = &rest.Config{
		Host: config.Host, APIPath: config.APIPath, UserAgent: agent, QPS: -1, WarningHandler: rest.NoWarnings{},
		ContentConfig: rest.ContentConfig{ContentType: "application/json", AcceptContentTypes: "application/json"},
	}
	if c.dynamic, err = dynamic.NewForConfigAndClient(c.config, c.client(&mask.Transport{Base: c.wire})); err != nil {
		return nil, err
	}
	untyped, err := discovery.NewDiscoveryClientForConfigAndClient(c.config, c.client(&mask.Transport{Base: c.wire}))
	if err != nil {
		return nil, err
	}
	c.rest = untyped.RESTClient()
	typed := rest.CopyConfig(c.config)
	typed.AcceptContentTypes = mask.Protobuf + ",application/json" // aggregated APIs may know JSON only
	if c.typed, err = kubernetes.NewForConfigAndClient(typed, c.client(&mask.Transport{Base: c.wire, Typed: true})); err != nil {
		return nil, err
	}
	return c, nil
}

// Dynamic is the client for objects of any kind.
func (c *Cluster) Dynamic() dynamic.Interface { return c.dynamic }

// Typed is the client for the kinds that Kubernetes has itself.
func (c *Cluster) Typed() kubernetes.Interface { return c.typed }

// REST is the client for answers in another form, such as Tables.
func (c *Cluster) REST() rest.Interface { return c.rest }

// Config is for libraries that make clients of their own and know no context:
// whatever they ask for ends with ctx. It has no credentials in it.
func (c *Cluster) Config(ctx context.Context) *rest.Config {
	config := rest.CopyConfig(c.config)
	config.Transport = &bound{ctx, &mask.Transport{Base: c.wire, Typed: true}}
	return config
}

// HTTP is a client for what has no object in it: discovery, schemas.
func (c *Cluster) HTTP(ctx context.Context) *http.Client { return c.client(&bound{ctx, c.wire}) }

// Unmasked is the transport whose answers have the values of Secrets in them. A
// server that changes objects needs it, to send back what it read.
func (c *Cluster) Unmasked() http.RoundTripper { return c.wire }

// Plain is the configuration that goes with a transport: address and content type.
func (c *Cluster) Plain() *rest.Config { return rest.CopyConfig(c.config) }

// Streaming is the configuration for what opens streams into pods, which no
// transport of ours can carry. It has the credentials in it, and goes to no one
// but client-go.
func (c *Cluster) Streaming() *rest.Config { return rest.CopyConfig(c.full) }

func (c *Cluster) client(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}
}

// checkRedirect keeps credentials with the server they are for: the transport
// would add them to a request to any other.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case req.URL.Host != first.Host || req.URL.Scheme != first.Scheme:
		return errors.New("the API server redirects to another server")
	case len(via) > maxRedirects:
		return errors.New("the API server redirects without end")
	}
	return nil
}

// bound ends every request with ctx.
type bound struct {
	ctx  context.Context
	base http.RoundTripper
}

func (b *bound) RoundTrip(req *http.Request) (*http.Response, error) {
	return b.base.RoundTrip(req.WithContext(b.ctx))
}

// patient does not wait for a credential plugin longer than for a server: those
// know no context, and may wait for somebody at a browser.
type patient struct{ base http.RoundTripper }

func (p *patient) RoundTrip(req *http.Request) (*http.Response, error) {
	type answer struct {
		resp *http.Response
		err  error
	}
	done := make(chan answer, 1)
	go func() { // ends with the request, or with the plugin
		resp, err := p.base.RoundTrip(req)
		done <- answer{resp, err}
	}()
	select {
	case a := <-done:
		return a.resp, a.err
	case <-req.Context().Done():
		go func() { // nobody reads it any more
			if a := <-done; a.resp != nil {
				a.resp.Body.Close()
			}
		}()
		return nil, context.Cause(req.Context())
	}
}

func loginOf(config *rest.Config) string {
	switch {
	case config.ExecProvider != nil:
		return "exec " + config.ExecProvider.Command
	case config.AuthProvider != nil:
		return config.AuthProvider.Name
	case config.BearerTokenFile != "":
		return "token file"
	case config.BearerToken != "":
		return "token"
	case config.CertData != nil || config.CertFile != "":
		return "certificate"
	case config.Username != "":
		return "password"
	}
	return ""
}

func secretsOf(config *rest.Config) []string {
	all := []string{config.BearerToken, config.Password, string(config.KeyData)}
	if config.AuthProvider != nil {
		for _, name := range []string{"id-token", "refresh-token", "client-secret", "access-token"} {
			all = append(all, config.AuthProvider.Config[name])
		}
	}
	if config.ExecProvider != nil {
		for _, e := range config.ExecProvider.Env {
			if mask.Sensitive(e.Name) {
				all = append(all, e.Value)
			}
		}
	}
	return all
}

// Version is the version of the API server.
func (c *Cluster) Version(ctx context.Context) (string, error) {
	client, err := discovery.NewDiscoveryClientForConfigAndClient(c.config, c.HTTP(ctx))
	if err != nil {
		return "", err
	}
	v, err := client.ServerVersion()
	if err != nil {
		return "", c.Error(ctx, err, Request{Verb: "get the version"})
	}
	return v.GitVersion, nil
}
