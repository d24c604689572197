package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Kinds are those that a cluster serves, in the order in which a name that
// several have is looked up.
type Kinds struct {
	All  []Kind
	Down []string // groups that did not answer, with the reason
}

// catalog remembers them.
type catalog struct {
	turn  chan struct{} // one asks, the others wait
	kinds *Kinds
	at    time.Time
}

const (
	// fresh is how long they are remembered. A CRD that is new is found at once:
	// who asks for a kind that is not known has them read again.
	fresh   = 10 * time.Minute
	mending = 30 * time.Second // while some group does not answer
	soonest = 2 * time.Second
)

// Kinds reads what the cluster serves, or remembers it.
func (c *Cluster) Kinds(ctx context.Context) (*Kinds, error) { return c.discover(ctx, fresh) }

func (c *Cluster) discover(ctx context.Context, age time.Duration) (*Kinds, error) {
	select {
	case c.kinds.turn <- struct{}{}:
		defer func() { <-c.kinds.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if c.kinds.kinds != nil && len(c.kinds.kinds.Down) > 0 {
		age = min(age, mending)
	}
	if c.kinds.kinds != nil && time.Since(c.kinds.at) < age {
		return c.kinds.kinds, nil
	}
	client, err := discovery.NewDiscoveryClientForConfigAndClient(c.config, c.HTTP(ctx))
	if err != nil {
		return nil, err
	}
	groups, lists, err := client.ServerGroupsAndResources()
	var partly *discovery.ErrGroupDiscoveryFailed
	if err != nil && (!errors.As(err, &partly) || groups == nil || ctx.Err() != nil) {
		return nil, c.Error(ctx, err, Request{Verb: "discover"})
	}
	kinds := &Kinds{All: kindsOf(groups, lists)}
	if partly != nil {
		for gv, why := range partly.Groups {
			kinds.Down = append(kinds.Down, fmt.Sprintf("%s does not answer: %s", gv, short(why.Error())))
		}
		slices.Sort(kinds.Down)
	}
	c.kinds.kinds, c.kinds.at = kinds, time.Now()
	return kinds, nil
}

// kindsOf puts the core group first, then the groups in the order of the server.
func kindsOf(groups []*metav1.APIGroup, lists []*metav1.APIResourceList) []Kind {
	order, preferred := make(map[string]int), make(map[string]string)
	for i, g := range groups {
		order[g.Name], preferred[g.Name] = i, g.PreferredVersion.Version
	}
	order[""] = -1
	var all []Kind
	best := make(map[schema.GroupResource]string) // the version that is looked up
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, r := range list.APIResources {
			if strings.Contains(r.Name, "/") {
				continue // a subresource
			}
			if r.Group != "" {
				gv.Group = r.Group
			}
			singular := r.SingularName
			if singular == "" {
				singular = strings.ToLower(r.Kind)
			}
			all = append(all, Kind{
				Group: gv.Group, Version: gv.Version, Kind: r.Kind, Resource: r.Name, Singular: singular,
				ShortNames: r.ShortNames, Namespaced: r.Namespaced, Verbs: r.Verbs,
			})
			gr := schema.GroupResource{Group: gv.Group, Resource: r.Name}
			if best[gr] == "" || gv.Version == preferred[gv.Group] {
				best[gr] = gv.Version
			}
		}
	}
	for i := range all {
		all[i].Preferred = best[all[i].GVR().GroupResource()] == all[i].Version
	}
	slices.SortStableFunc(all, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(order[a.Group], order[b.Group]), yesFirst(a.Preferred, b.Preferred), yesFirst(a.Can("list"), b.Can("list")))
	})
	return all
}

func yesFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// ErrNoKind is why a kind was not found.
var ErrNoKind = errors.New("the cluster has no kind")

// Kind finds what somebody calls text. Its error names the nearest kinds.
func (c *Cluster) Kind(ctx context.Context, text string) (Kind, error) {
	kinds, err := c.Kinds(ctx)
	if err != nil {
		return Kind{}, err
	}
	found, ok := kinds.find(text)
	if !ok {
		if kinds, err = c.discover(ctx, soonest); err != nil {
			return Kind{}, err
		}
		found, ok = kinds.find(text)
	}
	if !ok {
		return Kind{}, kinds.unknown(text)
	}
	return found, c.Limit.CheckKind(found)
}

func (k *Kinds) find(text string) (Kind, bool) {
	for _, kind := range k.All {
		if kind.is(text) {
			return kind, true
		}
	}
	return Kind{}, false
}

// maxNear is how many kinds an error proposes.
const maxNear = 3

func (k *Kinds) unknown(text string) error {
	e := kit.Errorf(kit.InvalidArgument, "%w %q", ErrNoKind, short(text))
	name := text[strings.LastIndexByte(text, '/')+1:]
	if len(name) > 64 {
		name = name[:64]
	}
	// The name alone first: kinds of other groups too.
	var near, names []string
	by := make(map[string]Kind)
	for _, kind := range k.All {
		if kind.named(name) {
			near = append(near, kind.GroupVersion()+"/"+kind.Kind)
		}
		for _, n := range append([]string{kind.Kind, kind.Resource}, kind.ShortNames...) {
			n = strings.ToLower(n)
			if _, known := by[n]; !known && kind.Preferred {
				by[n] = kind
				names = append(names, n)
			}
		}
	}
	for len(near) < maxNear {
		n := kit.Nearest(name, names)
		if n == "" {
			break
		}
		if text := by[n].GroupResource(); !slices.Contains(near, text) {
			near = append(near, text)
		}
		names = slices.DeleteFunc(names, func(other string) bool { return other == n || by[other].GroupResource() == by[n].GroupResource() })
	}
	switch {
	case len(near) > 0:
		e = e.WithHint("did you mean %s? list_api_resources has all of them", strings.Join(near[:min(len(near), maxNear)], ", "))
	default:
		e = e.WithHint("list_api_resources has all kinds")
	}
	if len(k.Down) > 0 {
		e.Hint += "; " + strings.Join(k.Down, "; ")
	}
	return e
}
