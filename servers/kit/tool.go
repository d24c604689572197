package kit

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Hint is the value of an annotation. Its zero value is not set, which the
// contract tests refuse: a client assumes the worst of a tool that says nothing.
type Hint uint8

// The values of a [Hint].
const (
	unset Hint = iota
	Yes
	No
)

func (h Hint) pointer() *bool {
	if h == unset {
		return nil
	}
	yes := h == Yes
	return &yes
}

// Hints are the annotations of a tool. All fields are required.
type Hints struct {
	ReadOnly    Hint // changes nothing
	Destructive Hint // may delete or overwrite what was there
	Idempotent  Hint // calling again with the same arguments changes nothing more
	OpenWorld   Hint // reaches things that others outside own, such as a forge
}

// ReadLocal are the hints of a tool that reads from a closed system.
var ReadLocal = Hints{ReadOnly: Yes, Destructive: No, Idempotent: Yes, OpenWorld: No}

// ReadWorld are the hints of a tool that reads from an open one.
var ReadWorld = Hints{ReadOnly: Yes, Destructive: No, Idempotent: Yes, OpenWorld: Yes}

// Def is what a tool says about itself. Output and the page sizes may be left out.
type Def struct {
	Name        string // verb_noun
	Title       string
	Description string // what the schema does not say
	Hints       Hints

	// Output is a zero value of the struct that the handler gives to Record or
	// as head to Records; ListName names the list that Records adds. With
	// either the tool is of class R and declares an output schema; with
	// neither it is of class P: [Payload] only.
	Output   any
	ListName string

	// Say puts words into what is said of the arguments, for tools that several
	// servers declare; nil: it is said as it is.
	Say func(doc string) string

	PerPage, MaxPerPage int // of embedded [Paging]; 0: 20 and 100

	Toolset string // empty: the default one; others are offered when they are asked for
	Example string // arguments of a call worth showing, as JSON; empty: {}

	// Once is for tools of class P that act: what is cut off an answer has no
	// cursor, since to call again would be to act again.
	Once bool

	bare bool // no arguments of the kit's own: of resources and prompts
}

func (d Def) payload() bool { return d.Output == nil && d.ListName == "" }

// Tool is a declared tool. Make it with [NewTool].
type Tool struct {
	def    Def
	params *params
	run    func(ctx context.Context, args reflect.Value) (*Result, error)
}

// Name of the tool.
func (t Tool) Name() string { return t.def.Name }

// NewTool declares a tool. A is a struct; a field with an arg tag is an argument:
//
//	Query string   `arg:"query,required" doc:"PromQL expression"`
//	Limit int      `arg:"limit" default:"50" min:"1" max:"500"`
//	Kind  string   `arg:"kind" enum:"branch,tag" alias:"type"`
//	Names []string `arg:"names"`
//
// Types are string, bool, int, float64, []string, map[string]string, a list of structs, and
// pointers to the first four when absent must differ from zero; in a
// map[string]*string null is nil. Options after the name: required; clamp (out of
// min..max is moved inside instead of refused); nosplit (a string is one element
// of a list even if it has commas); raw (a text is taken as it is); json (an
// object or a list that is given for a text becomes its JSON).
// alias adds names to those that the kit knows; alias:"-" takes no aliases.
// An embedded [Paging] adds page, per_page and cursor, [Fields] adds fields. max_bytes is added to
// every tool and cursor to every tool of class P that declares none itself.
//
// NewTool panics when A or def is not usable: that is a bug, not an input.
func NewTool[A any](def Def, handle func(ctx context.Context, args A) (*Result, error)) Tool {
	p, err := newParams(reflect.TypeFor[A](), def)
	if err != nil {
		panic(fmt.Sprintf("declaring tool %s: %v", def.Name, err))
	}
	return Tool{def: def, params: p, run: func(ctx context.Context, args reflect.Value) (*Result, error) {
		return handle(ctx, args.Interface().(A))
	}}
}

// definition is what tools/list says of the tool.
func (t Tool) definition(output outputMode) mcp.Tool {
	def := mcp.Tool{
		Name:           t.def.Name,
		Title:          t.def.Title,
		Description:    strings.TrimSpace(t.def.Description),
		RawInputSchema: t.params.schema(),
		Annotations: mcp.ToolAnnotation{
			ReadOnlyHint:    t.def.Hints.ReadOnly.pointer(),
			DestructiveHint: t.def.Hints.Destructive.pointer(),
			IdempotentHint:  t.def.Hints.Idempotent.pointer(),
			OpenWorldHint:   t.def.Hints.OpenWorld.pointer(),
		},
	}
	// A client refuses a result without structuredContent when there is an
	// output schema, so a server set to text declares none.
	if !t.def.payload() && output != outputText {
		def.RawOutputSchema = outputSchema(t.def)
	}
	return def
}

// handler runs one call: arguments, handler, answer.
func (t Tool) handler(s *Server, limits Limits) server.ToolHandlerFunc {
	return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		asked := approvalOf(ctx, t.def.Name, req)
		ctx = context.WithValue(ctx, approvalKey{}, asked)
		out, failed := t.once(ctx, s, limits, req)
		for failed != nil {
			again, question, err := asked.ask(ctx, s, failed)
			switch {
			case question != nil:
				return question, nil
			case !again:
				return s.errorResult(err), nil
			}
			out, failed = t.once(ctx, s, limits, req)
		}
		return out, nil
	}
}

// once runs the handler once.
func (t Tool) once(ctx context.Context, s *Server, limits Limits, req mcp.CallToolRequest) (*mcp.CallToolResult, *Error) {
	return guarded(ctx, s, limits, t.def.Name, func(ctx context.Context) (*mcp.CallToolResult, error) {
		args, common, bad := t.params.decode(rawArguments(req), limits)
		if bad != nil {
			return nil, bad
		}
		common.attached = t.def.Once
		res, err := t.run(withInstance(ctx, instanceOf(s.Instances, common.instance)), args)
		switch {
		case err != nil:
			return nil, err
		case res == nil:
			return nil, Errorf(Internal, "%s returned nothing", t.def.Name)
		}
		return res.render(t.def, common, outputFor(req, limits.output), s.gate())
	})
}

func (s *Server) errorResult(e *Error) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{mcp.NewTextContent(e.text(s.gate()))}, IsError: true}
}

// rawArguments prefers the bytes of the client: numbers over 2^53 are whole there.
func rawArguments(req mcp.CallToolRequest) json.RawMessage {
	if len(req.Params.RawArguments) > 0 {
		return req.Params.RawArguments
	}
	raw, _ := json.Marshal(req.Params.Arguments) // it was decoded from JSON
	return raw
}

// Def is what the tool was declared with.
func (t Tool) Def() Def { return t.def }

// Check reads arguments as a call does and says what is wrong with them,
// without calling. It is for tests.
func (t Tool) Check(arguments json.RawMessage) error {
	if _, _, bad := t.params.decode(arguments, Limits{}.withDefaults()); bad != nil {
		return bad
	}
	return nil
}

// Aliases are the other names of each argument, for tests.
func (t Tool) Aliases() map[string][]string {
	all := make(map[string][]string)
	for name, arg := range t.params.byName {
		if name != arg.name {
			all[arg.name] = append(all[arg.name], name)
		}
	}
	return all
}
