package kubernetes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/loom-core/loom/testbed/kube"
)

// api asks the API server the few things that a start waits for, as the admin.
// The product's own client and the tests' are not needed for that.
type api struct {
	base, token string
	client      *http.Client
}

func newAPI(base string, k *keys) *api {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(k.ca)
	return &api{
		base: base, token: k.tokens[kube.Admin],
		client: &http.Client{
			Timeout: 5 * time.Second, // it is asked again
			// Without a proxy: it is on loopback. Without connections that stay:
			// those to a server that is not there yet end at once.
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true},
		},
	}
}

// get decodes what is at path into the value, unless that is nil.
func (a *api) get(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %.300s", path, response.Status, raw)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

func (a *api) ready(ctx context.Context) error { return a.get(ctx, "/readyz", nil) }

// defaultAccount is there when the controllers work; no pod can be made before.
func (a *api) defaultAccount(ctx context.Context) error {
	return a.get(ctx, "/api/v1/namespaces/default/serviceaccounts/default", nil)
}

func (a *api) nodeReady(ctx context.Context) error {
	var node struct {
		Status struct {
			Conditions []struct{ Type, Status, Message string }
		}
	}
	if err := a.get(ctx, "/api/v1/nodes/"+nodeName, &node); err != nil {
		return err
	}
	message := "it has no such condition yet"
	for _, c := range node.Status.Conditions {
		if c.Type == "Ready" && c.Status == "True" {
			return nil
		}
		if c.Type == "Ready" {
			message = c.Message
		}
	}
	return fmt.Errorf("node %s is not ready: %s", nodeName, message)
}

func (a *api) version(ctx context.Context) (string, error) {
	var v struct{ GitVersion string }
	err := a.get(ctx, "/version", &v)
	return v.GitVersion, err
}
