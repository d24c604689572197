package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ping asks the engine at host whether it is there.
func ping(ctx context.Context, host string) error {
	_, err := call(ctx, host, http.MethodGet, "/_ping")
	return err
}

// empty removes all containers, networks and volumes. What an engine of ours has
// when it starts or ends is nobody's.
func (e Engine) empty(ctx context.Context) error {
	raw, err := call(ctx, e.Host(), http.MethodGet, "/containers/json?all=1")
	if err != nil {
		return err
	}
	var containers []struct{ ID string }
	if err := json.Unmarshal(raw, &containers); err != nil {
		return fmt.Errorf("reading the list of containers: %w", err)
	}
	var errs []error
	for _, c := range containers {
		_, err := call(ctx, e.Host(), http.MethodDelete, "/containers/"+c.ID+"?force=1&v=1")
		errs = append(errs, err)
	}
	for _, kind := range []string{"networks", "volumes"} {
		_, err := call(ctx, e.Host(), http.MethodPost, "/"+kind+"/prune")
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// call makes one request of the Docker API. Little is needed of it here; whoever
// runs containers has a client.
func call(ctx context.Context, host, method, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	base, err := url.Parse(host)
	if err != nil {
		return nil, fmt.Errorf("reading the address of the engine: %w", err)
	}
	network, address := "tcp", base.Host
	if base.Scheme == "unix" {
		network, address = "unix", base.Path
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}}}
	request, err := http.NewRequestWithContext(ctx, method, "http://engine"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the engine at %s: %w", host, errors.Unwrap(err))
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 {
		return nil, fmt.Errorf("the engine at %s answers %s %s with %s: %s", host, method, path, response.Status, strings.TrimSpace(string(raw)))
	}
	return raw, nil
}
