package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// tableAccept asks for the columns that kubectl shows.
const tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

// row is one line of a list, in the order of its columns.
type row struct {
	namespace, name string
	cells           []cell
	object          map[string]any // when it was asked for
}

type cell struct {
	name  string
	value any
}

// MarshalJSON keeps the order of the columns.
func (r row) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, c := range r.cells {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(c.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(c.value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (r row) cell(names ...string) string {
	for _, c := range r.cells {
		for _, name := range names {
			if c.name == name {
				if text, ok := c.value.(string); ok {
					return text
				}
			}
		}
	}
	return ""
}

// page is a page of a list as the API server gives it.
type page struct {
	rows      []row
	next      string // continue
	version   string
	remaining *int64
}

// query is what is asked of a list.
type query struct {
	labels, fields string
	limit          int
	token          string // continue
	version        string // the state that a page before was of
	wide           bool
	objects        bool // each row with the whole of it
	withMeta       bool // each row with its metadata, also in one namespace
}

// table reads a page of the target in namespace.
func (t target) table(ctx context.Context, namespace string, q query) (page, error) {
	req := t.REST().Get().AbsPath(t.path(namespace)).SetHeader("Accept", tableAccept)
	for name, v := range map[string]string{"labelSelector": q.labels, "fieldSelector": q.fields, "continue": q.token} {
		if v != "" {
			req.Param(name, v)
		}
	}
	// A name is in a column too, and in one namespace there is no more to know.
	bare := namespace != "" && !q.objects && !q.withMeta
	switch {
	case q.objects:
		req.Param("includeObject", "Object")
	case bare:
		req.Param("includeObject", "None")
	}
	if q.limit > 0 {
		req.Param("limit", strconv.Itoa(q.limit))
	}
	if q.version != "" && q.token == "" {
		req.Param("resourceVersion", q.version).Param("resourceVersionMatch", "Exact")
	}
	answer := req.Do(ctx)
	raw, err := answer.Raw()
	if err != nil {
		err = answer.Error() // which has read the message
		want := t.request("list", "")
		want.Namespace = namespace
		return page{}, t.Error(ctx, err, want)
	}
	var table metav1.Table
	if err := json.Unmarshal(raw, &table); err != nil {
		return page{}, t.Error(ctx, err, t.request("list", ""))
	}
	if table.Kind != "Table" {
		return plainPage(raw)
	}
	p := page{next: table.Continue, version: table.ResourceVersion, remaining: table.RemainingItemCount}
	names := slices.IndexFunc(table.ColumnDefinitions, func(c metav1.TableColumnDefinition) bool { return c.Format == "name" })
	if bare && names < 0 && len(table.Rows) > 0 { // an API with columns of its own
		q.withMeta = true
		return t.table(ctx, namespace, q)
	}
	for _, r := range table.Rows {
		line := row{namespace: namespace}
		if bare && names < len(r.Cells) {
			line.name, _ = r.Cells[names].(string)
		} else {
			var of struct {
				Metadata struct{ Namespace, Name string }
			}
			_ = json.Unmarshal(r.Object.Raw, &of) // without it the cells are all that is known
			line.namespace, line.name = of.Metadata.Namespace, of.Metadata.Name
		}
		if q.objects {
			_ = json.Unmarshal(r.Object.Raw, &line.object)
		}
		for i, c := range r.Cells {
			if i >= len(table.ColumnDefinitions) {
				break
			}
			column := table.ColumnDefinitions[i]
			if column.Priority > 0 && !q.wide {
				continue
			}
			line.cells = append(line.cells, cell{columnName(column.Name), plain(c)})
		}
		p.rows = append(p.rows, line)
	}
	return p, nil
}

// plainPage is for aggregated APIs that know no tables.
func plainPage(raw []byte) (page, error) {
	var list struct {
		Metadata metav1.ListMeta
		Items    []struct{ Metadata metav1.ObjectMeta }
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return page{}, err
	}
	p := page{next: list.Metadata.Continue, version: list.Metadata.ResourceVersion, remaining: list.Metadata.RemainingItemCount}
	for _, o := range list.Items {
		p.rows = append(p.rows, row{namespace: o.Metadata.Namespace, name: o.Metadata.Name, cells: []cell{
			{"name", o.Metadata.Name}, {"created", kit.FormatTime(o.Metadata.CreationTimestamp.Time)}}})
	}
	return p, nil
}

// path has nothing in it that was not checked: the kind is from discovery.
func (t target) path(namespace string) string {
	root := "/apis/" + t.kind.Group + "/" + t.kind.Version
	if t.kind.Group == "" {
		root = "/api/" + t.kind.Version
	}
	if namespace != "" {
		root += "/namespaces/" + namespace
	}
	return root + "/" + t.kind.Resource
}

// columnName makes nominated_node of Nominated Node.
func columnName(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
}

// plain is a cell as it is shown.
func plain(v any) any {
	if f, ok := v.(float64); ok && f == float64(int64(f)) {
		return int64(f)
	}
	return v
}
