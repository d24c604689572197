package kit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// ResourceDef is what a resource says about itself.
type ResourceDef struct {
	URI         string // prom://rules, or a template: prom://rules/{group}
	Name        string
	Title       string
	Description string
	MIMEType    string // text/plain when empty
}

func (d ResourceDef) template() bool { return strings.Contains(d.URI, "{") }

// Resource is a text that a client attaches by its URI. Make it with [NewResource].
type Resource struct {
	def    ResourceDef
	params *params
	run    func(ctx context.Context, args reflect.Value) (*Result, error)
}

// NewResource declares a resource. Fields of A with an arg tag are the variables
// of a template, read like the arguments of a tool; a resource with a plain URI
// has none. What read returns is capped, cleaned and redacted as a tool's answer
// is, and becomes text. Clients that know only tools never see resources: what
// they say is to be had from a tool too, which [Result.Narrow] names for the
// answer that is cut.
//
// With several instances a URI takes ?instance=name.
func NewResource[A any](def ResourceDef, read func(ctx context.Context, args A) (*Result, error)) Resource {
	p, err := newParams(reflect.TypeFor[A](), Def{Name: def.Name, bare: true})
	if err == nil {
		for _, arg := range p.list {
			if !strings.Contains(def.URI, arg.name+"}") {
				err = errors.Join(err, fmt.Errorf("%s has no variable %s", def.URI, arg.name))
			}
		}
	}
	if err != nil {
		panic(fmt.Sprintf("declaring resource %s: %v", def.Name, err))
	}
	return Resource{def: def, params: p, run: func(ctx context.Context, args reflect.Value) (*Result, error) {
		return read(ctx, args.Interface().(A))
	}}
}

// add registers r, once more for each instance where the URI is plain.
func (r Resource) add(m *server.MCPServer, s *Server, limits Limits) {
	kind := r.def.MIMEType
	if kind == "" {
		kind = "text/plain"
	}
	read := func(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		vars := make(map[string]any, len(req.Params.Arguments))
		for name, v := range req.Params.Arguments {
			vars[name] = variable(v)
		}
		contents, err := r.read(ctx, s, limits, vars)
		if err != nil {
			return nil, err
		}
		contents.URI, contents.MIMEType = req.Params.URI, kind
		return []mcp.ResourceContents{contents}, nil
	}
	if r.def.template() {
		uri := r.def.URI
		if len(s.Instances) > 1 {
			uri += "{?" + s.instanceArg() + "}"
		}
		t := mcp.NewResourceTemplate(uri, r.def.Name, mcp.WithTemplateDescription(r.def.Description), mcp.WithTemplateMIMEType(kind))
		t.Title = r.def.Title
		m.AddResourceTemplate(t, read)
		return
	}
	for i, name := range append([]string{""}, s.Instances...) {
		uri, title, of := r.def.URI, r.def.Title, read
		if i > 0 {
			if len(s.Instances) < 2 {
				break
			}
			uri += "?" + s.instanceArg() + "=" + name
			title += " (" + name + ")"
			of = func(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
				req.Params.Arguments = map[string]any{s.instanceArg(): name}
				return read(ctx, req)
			}
		}
		resource := mcp.NewResource(uri, r.def.Name, mcp.WithResourceDescription(r.def.Description), mcp.WithMIMEType(kind))
		resource.Title = title
		m.AddResource(resource, of)
	}
}

// variable is a value as mcp-go matched it: one is a list of one.
func variable(v any) any {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ",")
	}
	return v
}

func (r Resource) read(ctx context.Context, s *Server, limits Limits, vars map[string]any) (mcp.TextResourceContents, error) {
	var contents mcp.TextResourceContents
	raw, err := json.Marshal(vars)
	if err != nil {
		return contents, err
	}
	p := r.params.withInstances(s)
	contents, failed := guarded(ctx, s, limits, r.def.Name, func(ctx context.Context) (contents mcp.TextResourceContents, err error) {
		args, common, bad := p.decode(raw, limits)
		if bad != nil {
			return contents, bad
		}
		res, err := r.run(withInstance(ctx, instanceOf(s.Instances, common.instance)), args)
		if err != nil {
			return contents, err
		}
		return res.attached(common, s.gate())
	})
	if failed != nil {
		return contents, errors.New(failed.text(s.gate()))
	}
	return contents, nil
}

// attached is an answer as the text of a resource: nobody can ask it for more.
func (r *Result) attached(c common, g *gate) (contents mcp.TextResourceContents, err error) {
	def := Def{Output: r.head, ListName: "items"}
	if r.class == classPayload {
		def = Def{}
	}
	c.attached = true
	out, err := r.render(def, c, outputText, g)
	if err != nil {
		return contents, err
	}
	var parts []string
	for _, content := range out.Content {
		if text, ok := content.(mcp.TextContent); ok && text.Text != "{}" {
			parts = append(parts, text.Text)
		}
	}
	contents.Text = strings.Join(parts, "\n")
	if out.Meta != nil {
		contents.Meta = out.Meta.AdditionalFields
	}
	return contents, nil
}
