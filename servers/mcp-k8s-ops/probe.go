package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

type probeArgs struct {
	Kind      string `arg:"kind,required" enum:"svc,pod"`
	Name      string `arg:"name,required"`
	Namespace string `arg:"namespace"`
	Port      string `arg:"port,required" doc:"number, or name of a Service's; https:443 for TLS"`
	Path      string `arg:"path" default:"/"`
	Method    string `arg:"method" enum:"GET,HEAD,TCP" default:"GET" doc:"TCP: connect, and read what is said first"`
	Timeout   string `arg:"timeout" default:"5s" doc:"at most 20s"`
}

func (o *ops) probeEndpoint() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "probe_endpoint", Title: "Probe an endpoint", Once: true, Hints: writes,
		Description: "One HTTP request or TCP connection to a Service or pod, through the API server: status, headers, first 4 KiB.",
		Example:     `{"kind": "svc", "name": "web", "namespace": "shop", "port": "80", "path": "/healthz"}`,
	}, o.probe)
}

const maxProbed = 4 << 10

// probed is what an endpoint answered. That it does not is no error.
type probed struct {
	Context   string            `json:"context"`
	Target    string            `json:"target"`
	Reachable bool              `json:"reachable"` // something took the connection
	Status    int               `json:"status,omitempty"`
	Why       string            `json:"why,omitempty"` // it was not reachable, or spoke no HTTP
	Took      string            `json:"took"`
	Headers   map[string]string `json:"headers,omitempty"`
	Truncated bool              `json:"truncated,omitempty"`
}

func (o *ops) probe(ctx context.Context, a probeArgs) (*kit.Result, error) {
	limit, err := seconds("timeout", a.Timeout, maxWait)
	if err != nil {
		return nil, err
	}
	where, err := probePath(a.Path)
	if err != nil {
		return nil, err
	}
	tls, port, err := probePort(a.Port)
	if err != nil {
		return nil, err
	}
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	kind := map[string]string{"svc": "v1/Service", "pod": "v1/Pod"}[a.Kind]
	t, err := o.writable(ctx, s, kind, a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	if _, err := s.get(ctx, t); err != nil { // a name that is wrong is told from an endpoint that does not answer
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := time.Now()
	p := probed{Context: s.Context, Target: fmt.Sprintf("%s port %s", t, port)}
	var body string
	if a.Method == "TCP" {
		body, err = s.greeting(limited, t, port, &p)
	} else {
		body, err = s.request(limited, t, tls+t.name+":"+port, where, a.Method, &p)
	}
	p.Took = kit.FormatDuration(time.Since(began).Round(time.Millisecond))
	switch {
	case err == nil:
	case limited.Err() != nil && ctx.Err() == nil:
		p.Why = fmt.Sprintf("no answer within %s", kit.FormatDuration(limit))
	default:
		return nil, err
	}
	return kit.Payload(p, body).Untrusted(), nil
}

// probePath is a path and query that stays below the endpoint.
func probePath(text string) (*url.URL, error) {
	bad := kit.Errorf(kit.InvalidArgument, "argument \"path\" is %q, want a path such as /healthz", shortened(text))
	if len(text) > 2000 || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.ContainsAny(text, "\\#") {
		return nil, bad
	}
	for _, r := range text {
		if r <= ' ' || r == 0x7f {
			return nil, bad
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Host != "" || u.Scheme != "" || slices.Contains(strings.Split(u.Path, "/"), "..") || strings.Contains(strings.ToLower(u.EscapedPath()), "%2f") {
		return nil, bad
	}
	return u, nil
}

// probePort takes 80, http, https:443.
func probePort(text string) (tls, port string, err error) {
	port = text
	if rest, ok := strings.CutPrefix(text, "https:"); ok {
		tls, port = "https:", rest
	} else if rest, ok := strings.CutPrefix(text, "http:"); ok {
		port = rest
	}
	if port == "" || len(port) > 63 || strings.Trim(port, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", "", kit.Errorf(kit.InvalidArgument, "argument \"port\" is %q, want 80, the name of a port, or https:443", shortened(text))
	}
	return tls, port, nil
}

// shownHeaders say what an endpoint is and where it sends one.
var shownHeaders = []string{"Content-Type", "Content-Length", "Location", "Server", "Retry-After", "Www-Authenticate", "Cache-Control"}

func (s *session) request(ctx context.Context, t target, endpoint string, where *url.URL, method string, p *probed) (string, error) {
	address, err := url.Parse(s.Typed().CoreV1().RESTClient().Get().Namespace(t.namespace).Resource(t.kind.Resource).Name(endpoint).SubResource("proxy").URL().String())
	if err != nil {
		return "", err
	}
	address = address.JoinPath(where.EscapedPath())
	address.RawQuery = where.RawQuery
	request, err := http.NewRequestWithContext(ctx, method, address.String(), nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Transport: s.Unmasked(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return "", s.fail(ctx, err, "get", t)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxProbed+1))
	if err != nil && len(raw) == 0 {
		return "", s.fail(ctx, err, "get", t)
	}
	if message, ours := ofServer(response, raw); ours {
		return "", s.unreached(ctx, t, response.StatusCode, message, p)
	}
	p.Reachable, p.Status, p.Headers = true, response.StatusCode, make(map[string]string)
	for _, name := range shownHeaders {
		if v := response.Header.Get(name); v != "" {
			p.Headers[name] = v
		}
	}
	if len(raw) > maxProbed {
		raw, p.Truncated = raw[:maxProbed], true
	}
	for len(raw) > 0 && !utf8.Valid(raw) && p.Truncated && len(raw) > maxProbed-utf8.UTFMax {
		raw = raw[:len(raw)-1] // a rune that was cut
	}
	if !utf8.Valid(raw) {
		return fmt.Sprintf("[%d bytes that are no text]\n", len(raw)), nil
	}
	return string(raw), nil
}

// ofServer tells an answer of the API server itself from one of the endpoint.
// An endpoint that answers with a Status of its own, such as another API server,
// is taken for ours.
func ofServer(r *http.Response, raw []byte) (message string, yes bool) {
	if r.StatusCode < 400 {
		return "", false
	}
	var status metav1.Status
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		// Older and newer servers write the failure of their proxy as plain text.
		text := string(raw)
		return text, strings.HasPrefix(text, "error trying to reach service: ") || strings.Contains(text, "dial tcp ")
	}
	if err := json.Unmarshal(raw, &status); err != nil || status.Kind != "Status" {
		return "", false
	}
	return status.Message, true
}

// unreached is what it means that the API server could not pass a request on.
func (s *session) unreached(ctx context.Context, t target, code int, message string, p *probed) error {
	switch {
	case code == http.StatusForbidden || code == http.StatusUnauthorized:
		status := apierrors.NewForbidden(schema.GroupResource{Resource: t.kind.Resource + "/proxy"}, t.name, errors.New(message))
		status.ErrStatus.Message = message
		return s.Error(ctx, status, cluster.Request{Verb: "get the proxy of", Kind: t.kind, Namespace: t.namespace, Name: t.name})
	case strings.Contains(message, "malformed HTTP") || strings.Contains(message, "EOF") || strings.Contains(message, "connection reset"):
		p.Reachable, p.Why = true, "it takes connections and speaks no HTTP here: "+shortened(message)
	default:
		p.Why = shortened(message)
	}
	return nil
}
