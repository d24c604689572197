package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// manager is under which name our changes stand in managedFields.
const manager = "loom"

// session is one call on one cluster.
type session struct {
	*cluster.Cluster
	// objects is a client whose answers have secret values in them: what is
	// read has to be written back. Nothing of it is shown but by way of
	// package change.
	objects  dynamic.Interface
	warnings *warnings
}

func (o *ops) open(ctx context.Context) (*session, error) {
	c, err := o.clusters.Of(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{Cluster: c, warnings: new(warnings)}
	config := c.Plain()
	config.WarningHandler = s.warnings
	s.objects, err = dynamic.NewForConfigAndClient(config, &http.Client{Transport: c.Unmasked(), CheckRedirect: refuseRedirect})
	return s, err
}

func refuseRedirect(*http.Request, []*http.Request) error {
	return errors.New("the API server redirects to another place")
}

// warnings are what the API server says beside its answers, such as of an API
// that will be gone.
type warnings struct {
	mu  sync.Mutex
	all []string // guarded by mu
}

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(code int, _ string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if code == 299 && text != "" && !slices.Contains(w.all, text) {
		w.all = append(w.all, text)
	}
}

func (w *warnings) add(text string) { w.HandleWarningHeader(299, "", text) }

func (w *warnings) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all)
}

// known are the kinds of the cluster. That some are not known, because what
// serves them is down, is a warning: objects of theirs are not seen.
func (s *session) known(ctx context.Context) ([]cluster.Kind, error) {
	kinds, err := s.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	for _, why := range kinds.Down {
		s.warnings.add(why)
	}
	return kinds.All, nil
}

// of is the client for the objects of t's kind, in its namespace.
func (s *session) of(t target) dynamic.ResourceInterface {
	if t.namespace != "" {
		return s.objects.Resource(t.kind.GVR()).Namespace(t.namespace)
	}
	return s.objects.Resource(t.kind.GVR())
}

// get reads an object as it is.
func (s *session) get(ctx context.Context, t target) (*unstructured.Unstructured, error) {
	u, err := s.of(t).Get(ctx, t.name, metav1.GetOptions{})
	if err != nil {
		err = s.fail(ctx, err, "get", t)
		if is(err, kit.NotFound) && t.namespace != "" {
			err = hinted(err, fmt.Sprintf("it was looked for in namespace %s; search_resources of mcp-k8s finds names in all", t.namespace))
		}
		return nil, err
	}
	return u, nil
}

func (s *session) fail(ctx context.Context, err error, verb string, t target) error {
	return s.Error(ctx, err, cluster.Request{Verb: verb, Kind: t.kind, Namespace: t.namespace, Name: t.name})
}

// is reports whether err is a failure of that kind.
func is(err error, code kit.Code) bool {
	var e *kit.Error
	return errors.As(err, &e) && e.Code == code
}
