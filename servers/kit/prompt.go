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

// PromptDef is what a prompt says about itself.
type PromptDef struct {
	Name        string // triage_logs
	Title       string
	Description string
	Say         func(doc string) string // as in [Def]
}

// Prompt is a request that a user picks. Make it with [NewPrompt].
type Prompt struct {
	def    PromptDef
	params *params
	run    func(ctx context.Context, args reflect.Value) (string, error)
}

// NewPrompt declares a prompt. Fields of A with an arg tag are its arguments,
// which clients send as texts. write returns what the user says to the model:
// which tools to call in what order, and what to answer.
func NewPrompt[A any](def PromptDef, write func(ctx context.Context, args A) (string, error)) Prompt {
	p, err := newParams(reflect.TypeFor[A](), Def{Name: def.Name, Say: def.Say, bare: true})
	if err != nil {
		panic(fmt.Sprintf("declaring prompt %s: %v", def.Name, err))
	}
	return Prompt{def: def, params: p, run: func(ctx context.Context, args reflect.Value) (string, error) {
		return write(ctx, args.Interface().(A))
	}}
}

func (p Prompt) add(m *server.MCPServer, s *Server, limits Limits) {
	params := p.params.withInstances(s)
	prompt := mcp.Prompt{Name: p.def.Name, Title: p.def.Title, Description: p.def.Description}
	for _, arg := range params.list {
		prompt.Arguments = append(prompt.Arguments, mcp.PromptArgument{Name: arg.name, Description: arg.about(), Required: arg.required})
	}
	m.AddPrompt(prompt, func(ctx context.Context, req mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		raw, err := json.Marshal(req.Params.Arguments)
		if err != nil {
			return nil, err
		}
		text, failed := guarded(ctx, s, limits, p.def.Name, func(ctx context.Context) (string, error) {
			args, common, bad := params.decode(raw, limits)
			if bad != nil {
				return "", bad
			}
			return p.run(withInstance(ctx, instanceOf(s.Instances, common.instance)), args)
		})
		if failed != nil {
			return nil, errors.New(failed.text(s.gate()))
		}
		text = s.gate().text(text)
		if len(text) > limits.MaxBytes {
			text = text[:cutAfter(text, limits.MaxBytes)]
		}
		return &mcp.GetPromptResult{
			Description: p.def.Description,
			Messages:    []mcp.PromptMessage{mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text))},
		}, nil
	})
}

// about is the description of an argument for which there is no schema.
func (arg *param) about() string {
	var parts []string
	if arg.doc != "" {
		parts = append(parts, arg.doc)
	}
	if arg.enum != nil {
		parts = append(parts, "one of "+strings.Join(arg.enum, ", "))
	}
	if arg.fallback != nil {
		parts = append(parts, "default "+inlineValue(arg.fallback))
	}
	return strings.Join(parts, "; ")
}

func inlineValue(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return encode(v)
}
