package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
)

type searchArgs struct {
	Name          string   `arg:"name" doc:"glob or part"`
	Image         string   `arg:"image" doc:"glob or part"`
	LabelSelector string   `arg:"label_selector" alias:"labels"`
	Kinds         []string `arg:"kinds" doc:"* for all" alias:"kind"`
	Namespace     string   `arg:"namespace" doc:"default: all" alias:"ns"`
	kit.Paging
}

type searchHead struct {
	Kinds    int      `json:"kinds_searched"`
	Warnings []string `json:"warnings,omitempty"`
	Hints    []string `json:"hints,omitempty"`
}

type hitRow struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	State     string `json:"state"`
	Age       string `json:"age"`
	Images    string `json:"images,omitempty"`
}

func (k *k8s) searchResources() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "search_resources", Title: "Search objects",
		Description: "By name, image or labels, over kinds and namespaces.",
		Hints:       kit.ReadLocal, Output: searchHead{}, ListName: "hits", PerPage: 50, MaxPerPage: 500,
		Example: `{"image":"nginx"}`,
	}, k.runSearch)
}

// usual are the kinds that are searched unless others are named.
var usual = []string{"apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/Job", "batch/v1/CronJob", "v1/Pod", "v1/Service",
	"networking.k8s.io/v1/Ingress", "v1/ConfigMap", "v1/PersistentVolumeClaim", "v1/ServiceAccount", "v1/Namespace", "v1/Node"}

// runs are those that have images.
var runs = usual[:6]

const (
	maxHits        = 2000
	maxSearchPages = 20 // of each kind
)

func (k *k8s) runSearch(ctx context.Context, a searchArgs) (*kit.Result, error) {
	if a.Name == "" && a.Image == "" && a.LabelSelector == "" {
		return nil, kit.Errorf(kit.InvalidArgument, "one of name, image and label_selector is required").WithHint("for example name=*payment* or image=nginx")
	}
	c, err := k.clusters.Of(ctx)
	if err != nil {
		return nil, err
	}
	s := &search{args: a, name: partly(a.Name), image: partly(a.Image)}
	if a.Name != "" {
		if err := cluster.CheckGlob("name", a.Name); err != nil {
			return nil, err
		}
	}
	if len(a.Image) > maxPattern {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"image\" has %d characters, at most %d are taken", len(a.Image), maxPattern)
	}
	if s.labels, err = cluster.CheckLabels(a.LabelSelector); err != nil {
		return nil, err
	}
	namespace, err := choose(c, a.Namespace, true)
	if err != nil {
		return nil, err
	}
	kinds, err := s.kinds(ctx, c)
	if err != nil {
		return nil, err
	}
	fanOut(len(kinds), func(i int) { s.look(ctx, target{Cluster: c, kind: kinds[i], namespace: namespace}) })
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	slices.SortFunc(s.hits, func(a, b hit) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	slices.Sort(s.warnings)
	rows := make([]hitRow, len(s.hits))
	for i, h := range s.hits {
		rows[i] = h.hitRow
	}
	head := searchHead{Kinds: len(kinds), Warnings: s.warnings[:min(len(s.warnings), maxAround)]}
	if len(rows) == 0 {
		head.Hints = nowhere(ctx, c, namespace)
	}
	if len(rows) == 0 && head.Hints == nil && !slices.Contains(a.Kinds, "*") {
		head.Hints = []string{"kinds=* searches CRDs and all others too"}
	}
	return kit.Records(head, kit.Slice(a.Paging, rows)).Untrusted().Narrow("narrow with kinds or namespace"), nil
}

// partly makes a glob of a part of a name.
func partly(text string) string {
	if text == "" || strings.ContainsAny(text, "*?") {
		return text
	}
	return "*" + text + "*"
}

type hit struct {
	hitRow
	rank int // of its kind
}

// search is one call.
type search struct {
	args        searchArgs
	name, image string
	labels      string
	ranks       map[string]int

	mu       sync.Mutex
	hits     []hit
	warnings []string
}

func (s *search) kinds(ctx context.Context, c *cluster.Cluster) (all []cluster.Kind, err error) {
	s.ranks = make(map[string]int)
	names := s.args.Kinds
	switch {
	case s.args.Image != "" && len(names) == 0:
		names = runs
	case len(names) == 0:
		names = usual
	case slices.Contains(names, "*"):
		known, err := c.Kinds(ctx)
		if err != nil {
			return nil, err
		}
		s.warnings = append(s.warnings, known.Down...)
		for _, kind := range known.All {
			if kind.Preferred && kind.Can("list") && kind.Resource != "events" && !strings.HasSuffix(kind.Group, "metrics.k8s.io") && c.Limit.CheckKind(kind) == nil {
				s.ranks[kind.GroupResource()] = len(all)
				all = append(all, kind)
			}
		}
		return all, nil
	}
	for _, name := range names {
		kind, err := c.Kind(ctx, name)
		if err != nil {
			if len(s.args.Kinds) > 0 {
				return nil, err
			}
			continue // a cluster without it, or one that is limited
		}
		s.ranks[kind.GroupResource()] = len(all)
		all = append(all, kind)
	}
	return all, nil
}

// look searches one kind.
func (s *search) look(ctx context.Context, t target) {
	if !t.kind.Namespaced {
		if t.namespace != "" {
			return
		}
	}
	spaces, err := t.namespaces(ctx)
	if err != nil {
		s.warn(t, err)
		return
	}
	for _, space := range spaces {
		q := query{labels: s.labels, limit: chunk, objects: s.image != ""}
		for n := 0; ; n++ {
			p, err := t.table(ctx, space, q)
			if err != nil {
				s.warn(t, err)
				return
			}
			for _, r := range p.rows {
				s.consider(t, r)
			}
			if q.token = p.next; q.token == "" {
				break
			}
			if n == maxSearchPages {
				s.warn(t, fmt.Errorf("more than %d of them; the first were searched", chunk*maxSearchPages))
				break
			}
		}
	}
}

func (s *search) consider(t target, r row) {
	if ok, _ := path.Match(s.name, r.name); s.name != "" && !ok {
		return
	}
	if t.kind.Resource == "namespaces" && t.kind.Group == "" && !t.Limit.Allows(r.name) {
		return
	}
	h := hit{hitRow{Kind: t.kind.Kind, Namespace: r.namespace, Name: r.name, State: strings.TrimSpace(r.cell("ready", "completions") + " " + r.cell("status", "phase")), Age: r.cell("age")}, s.ranks[t.kind.GroupResource()]}
	if s.image != "" {
		var found []string
		for _, image := range images(r.object) {
			// In a path * stops at slashes, and images have them.
			if ok, _ := path.Match(strings.ReplaceAll(s.image, "/", "|"), strings.ReplaceAll(image, "/", "|")); ok {
				found = append(found, image)
			}
		}
		if found == nil {
			return
		}
		h.Images = listed(found, 4)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.hits) < maxHits {
		s.hits = append(s.hits, h)
	} else if text := fmt.Sprintf("only the first %d hits are listed", maxHits); !slices.Contains(s.warnings, text) {
		s.warnings = append(s.warnings, text)
	}
}

func (s *search) warn(t target, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warnings = append(s.warnings, kit.Shorten(fmt.Sprintf("%s: %v", t.kind.GroupResource(), err), 200))
}
