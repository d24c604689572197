package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
)

type listArgs struct {
	Kind          string   `arg:"kind,required"`
	Namespace     string   `arg:"namespace" alias:"ns"`
	AllNamespaces bool     `arg:"all_namespaces"`
	Name          string   `arg:"name" doc:"glob: web-*"`
	LabelSelector string   `arg:"label_selector" alias:"labels"`
	FieldSelector string   `arg:"field_selector"`
	Status        string   `arg:"status" doc:"Pending; !Ready"`
	Sort          string   `arg:"sort" doc:"-column: descending"`
	Output        string   `arg:"output" enum:"table,wide,name,fields,count" default:"table"`
	Fields        []string `arg:"fields" doc:"spec.nodeName"`
	kit.Paging
}

// listHead is what is said of a list.
type listHead struct {
	Kind        string         `json:"kind"`
	Namespace   string         `json:"namespace,omitempty"`
	Total       *int           `json:"total,omitempty"`
	ByStatus    map[string]int `json:"by_status,omitempty"`
	ByNamespace map[string]int `json:"by_namespace,omitempty"`
	Warnings    []string       `json:"warnings,omitempty"`
	Hints       []string       `json:"hints,omitempty"`
}

func (k *k8s) listResources() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "list_resources", Title: "List objects",
		Description: "kubectl get, any kind. Ready and !Ready understand 1/2. count: totals only.",
		Hints:       kit.ReadLocal, Output: listHead{}, ListName: "items", PerPage: 50, MaxPerPage: 500,
		Example: `{"kind":"pods","all_namespaces":true,"status":"!Ready"}`,
	}, k.runList)
}

// lister is one call.
type lister struct {
	target
	args   listArgs
	labels string
	fields string
	spaces []string
}

func (k *k8s) runList(ctx context.Context, a listArgs) (*kit.Result, error) {
	t, err := k.find(ctx, a.Kind, a.Namespace, a.AllNamespaces)
	if err != nil {
		return nil, err
	}
	if !t.kind.Can("list") {
		return nil, kit.Errorf(kit.Unsupported, "%s cannot be listed", t.kind.GroupResource())
	}
	l := &lister{target: t, args: a}
	if err := l.check(); err != nil {
		return nil, err
	}
	if l.spaces, err = t.namespaces(ctx); err != nil {
		return nil, err
	}
	head := listHead{Kind: t.kind.GroupVersion() + "/" + t.kind.Kind, Namespace: t.namespace}
	read := l.page
	if a.Output == "count" || a.Sort != "" {
		read = l.whole
	}
	result, err := read(ctx, head)
	return result, l.withSelectable(ctx, err)
}

func (l *lister) check() (err error) {
	a := l.args
	if a.Output == "fields" && len(a.Fields) == 0 {
		return kit.Errorf(kit.InvalidArgument, "output=fields needs fields").WithHint("for example fields=spec.nodeName,status.phase")
	}
	if a.Name != "" {
		if err := cluster.CheckGlob("name", a.Name); err != nil {
			return err
		}
	}
	if l.labels, err = cluster.CheckLabels(a.LabelSelector); err != nil {
		return err
	}
	if l.fields, err = cluster.CheckFields(a.FieldSelector, l.kind); err != nil {
		return err
	}
	if a.Name != "" && !strings.ContainsAny(a.Name, "*?") {
		l.fields = strings.TrimPrefix(l.fields+",metadata.name="+a.Name, ",")
		l.args.Name = ""
	}
	return nil
}

// filtered reports whether rows are chosen here and not by the API server.
func (l *lister) filtered() bool { return l.args.Name != "" || l.args.Status != "" }

func (l *lister) keeps(r row) bool {
	if ok, _ := path.Match(l.args.Name, r.name); l.args.Name != "" && !ok {
		return false
	}
	if l.kind.Resource == "namespaces" && l.kind.Group == "" && !l.Limit.Allows(r.name) {
		return false
	}
	return l.args.Status == "" || hasStatus(r, l.args.Status)
}

// mark is where in the list a page begins: in which namespace, after which page
// of the API server, and how many of that were given already.
type mark struct {
	Space   int    `json:"n,omitempty"`
	Token   string `json:"c,omitempty"`
	Version string `json:"v,omitempty"`
	Skip    int    `json:"s,omitempty"`
	Size    int    `json:"z"`
}

func (m mark) String() string {
	raw, _ := json.Marshal(m) // plain fields
	return string(raw)
}

const (
	chunk       = 500 // of what is filtered here
	maxRequests = 25  // for one page
)

func (l *lister) page(ctx context.Context, head listHead) (*kit.Result, error) {
	_, size := l.args.Window()
	at := mark{Size: size}
	if text := l.args.Token(); text != "" {
		if json.Unmarshal([]byte(text), &at) != nil || at.Space < 0 || at.Space >= len(l.spaces) || at.Skip < 0 || at.Size < 1 || at.Size > chunk {
			return nil, kit.Errorf(kit.InvalidArgument, "the cursor is not one of this list").WithHint("begin again without cursor")
		}
	}
	if l.args.Token() == "" && l.args.Page > maxWalk {
		return nil, kit.Errorf(kit.InvalidArgument, "page %d is too far: the API server has to be asked for all pages before it", l.args.Page).
			WithHint("follow next_cursor, or filter")
	}
	var rows []row
	here, next := at, mark{}
	for n := max(l.args.Page, 1); n > 0; n-- {
		if next != (mark{}) {
			at = next
		}
		var err error
		if rows, here, next, err = l.collect(ctx, at, &head); err != nil {
			return nil, err
		}
		if next == (mark{}) && n > 1 {
			rows = nil // after the last page
			break
		}
	}
	cursor := ""
	if next != (mark{}) {
		cursor = next.String()
	}
	if len(rows) == 0 && l.args.Token() == "" {
		head.Hints = l.emptyHints(ctx)
	}
	head.Warnings = append(head.Warnings, lacking(objectsOf(rows), l.args.Fields)...)
	l.summarise(&head, rows, cursor == "" && l.args.Page <= 1 && l.args.Token() == "")
	return kit.Records(head, kit.Chain(l.args.Paging, l.shown(rows), here.String(), cursor)).Untrusted().Narrow("narrow with namespace, name, status or label_selector"), nil
}

// maxWalk is how many pages are read to get to one by its number.
const maxWalk = 20

// collect reads the page that begins at mark. It is the same each time: a mark
// holds the state of the list still.
func (l *lister) collect(ctx context.Context, at mark, head *listHead) (rows []row, here, next mark, err error) {
	here = at
	size := at.Size
	for requests := 0; ; requests++ {
		q := query{labels: l.labels, fields: l.fields, limit: size, token: at.Token, version: at.Version, wide: l.args.Output == "wide", objects: l.args.Output == "fields"}
		if l.filtered() {
			q.limit = chunk
		}
		p, err := l.table(ctx, l.spaces[at.Space], q)
		if err != nil {
			return nil, here, mark{}, err
		}
		if at.Token == "" && at.Version == "" {
			at.Version = p.version
			if requests == 0 {
				here.Version = p.version
			}
		}
		var kept []row
		for _, r := range p.rows {
			if l.keeps(r) {
				kept = append(kept, r)
			}
		}
		kept = kept[min(at.Skip, len(kept)):]
		take := min(size-len(rows), len(kept))
		rows = append(rows, kept[:take]...)
		switch {
		case take < len(kept):
			at.Skip += take
			return rows, here, at, nil
		case p.next != "":
			at = mark{Space: at.Space, Token: p.next, Size: size}
		case at.Space+1 < len(l.spaces):
			at = mark{Space: at.Space + 1, Size: size}
		default:
			return rows, here, mark{}, nil
		}
		if len(rows) == size {
			return rows, here, at, nil
		}
		if requests+1 == maxRequests {
			head.Warnings = append(head.Warnings, fmt.Sprintf("looked at %d pages of the API server; there may be more after next_cursor", maxRequests))
			return rows, here, at, nil
		}
	}
}
