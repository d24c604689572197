package session

import (
	"context"
	"errors"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/owntool"
	"github.com/loom-core/loom/daemon/internal/results"
	"github.com/loom-core/loom/daemon/internal/search"
)

// own answers a call of one of Loom's own tools.
func (s *Session) own(ctx context.Context, c *call, view *hub.View, tool string) {
	span, _ := jsonrpc.Find(c.params, jsonrpc.Span{End: len(c.params)}, "arguments")
	arguments := span.Of(c.params)
	var result []byte
	var err error
	switch tool {
	case owntool.Status.Name:
		result = s.svc.Status(s.Project(), s.hello.Client)
	case owntool.ReadResult.Name:
		result, err = s.readResult(view, arguments)
	case owntool.SearchTools.Name:
		result, err = s.searchTools(view, arguments)
	case owntool.CallReadTool.Name, owntool.CallTool.Name:
		if err = s.callFound(ctx, c, view, tool, arguments); err == nil {
			return
		}
	default:
		s.refuse(c, loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{}, "loom has no tool %s", tool))
		return
	}
	if err != nil {
		result = owntool.ErrorResult(err)
	}
	if c.modern {
		result = jsonrpc.Splice(nil, result, insert(result, jsonrpc.Span{End: len(result)}, []byte(`"resultType":"complete"`)))
	}
	s.send(jsonrpc.NewResult(c.id, result))
}

// readResult reads on in a result that was cut.
func (s *Session) readResult(view *hub.View, arguments []byte) ([]byte, error) {
	args, err := owntool.DecodeRead(arguments)
	if err != nil {
		return nil, err
	}
	if err := s.mayRead(view, args.ID); err != nil {
		return nil, err
	}
	return s.svc.Results.ReadResult(args.ID, args.Offset), nil
}

// mayRead lets a session read the results of what it may call.
func (s *Session) mayRead(view *hub.View, id string) error {
	meta, err := s.svc.Results.Get(id)
	if err != nil {
		return err
	}
	server, ok := view.ByID(meta.Server)
	if !ok {
		err = errors.New("server " + meta.Server + " is not in the profile")
	} else if meta.Kind == results.ToolResult {
		_, err = view.Find(loomrpc.Call{Server: string(server.Name), Tool: meta.Tool})
	}
	if err != nil {
		return errors.New("this result is not for this session: " + err.Error())
	}
	return nil
}

// searchTools finds tools by words.
func (s *Session) searchTools(view *hub.View, arguments []byte) ([]byte, error) {
	args, err := owntool.DecodeSearch(arguments)
	if err != nil {
		return nil, err
	}
	var answer owntool.Answer
	for _, server := range view.Servers() {
		answer.Servers = append(answer.Servers, owntool.Server{Name: string(server.Name), Description: server.Description})
	}
	if _, ok := view.Server(args.Server); args.Server != "" && !ok {
		return nil, errors.New("there is no server " + args.Server + " in this profile")
	}
	docs := s.docs(view)
	for _, hit := range docs.index.Search(args.Query, 0) {
		tool := view.Tools[docs.tools[hit.Index]]
		switch {
		case args.Server != "" && tool.Route.Server != args.Server:
		case len(answer.Hits) == args.Limit:
			answer.More++
		default:
			answer.Hits = append(answer.Hits, owntool.Found{Name: tool.Name, Definition: tool.Raw})
		}
	}
	return owntool.SearchResult(answer), nil
}

// indexed is a view made searchable.
type indexed struct {
	tag   string // of the view
	index *search.Index
	tools []int // in the view
}

// docs is the index of the view, made when it is first searched.
func (s *Session) docs(view *hub.View) *indexed {
	s.mu.Lock()
	last := s.index
	s.mu.Unlock()
	if last != nil && last.tag == view.Tag {
		return last
	}
	made := &indexed{tag: view.Tag}
	var docs []search.Doc
	for i, t := range view.Tools {
		if t.Route.Server == loomrpc.ServerPrefix {
			continue
		}
		server, _ := view.Server(t.Route.Server)
		docs = append(docs, search.Doc{Name: t.Name, Server: t.Route.Server, ServerDescription: server.Description, Definition: t.Raw})
		made.tools = append(made.tools, i)
	}
	made.index = search.New(docs)
	s.mu.Lock()
	s.index = made
	s.mu.Unlock()
	return made
}

// callFound calls a tool that was found by searching.
func (s *Session) callFound(ctx context.Context, c *call, view *hub.View, by string, arguments []byte) error {
	args, err := owntool.DecodeCall(by, arguments)
	if err != nil {
		return err
	}
	tool, err := view.Find(loomrpc.Call{Tool: args.Name})
	if err != nil {
		return errors.New(strings.TrimSpace(masked(s.svc.Known, s.whyUnknown(view, args.Name, err)).Wire().Message))
	}
	switch {
	case tool.Route.Server == loomrpc.ServerPrefix:
		return errors.New(args.Name + " is listed: call it as it is")
	case by == owntool.CallReadTool.Name && !tool.Reads:
		return errors.New(args.Name + " is not known to only read: call it with loom__call_tool. What a server says of its own tools is believed once its definitions are pinned (loom pin " + tool.Route.Server + ") or they are named under read_only_tools in the registry")
	}
	params := append([]byte(`{"name":`), jsonrpc.Quote(args.Name)...)
	params = append(append(params, `,"arguments":`...), args.Arguments...)
	for _, member := range []string{"_meta", "inputResponses", "requestState", "task"} {
		if span, ok := jsonrpc.Find(c.params, jsonrpc.Span{End: len(c.params)}, member); ok {
			params = append(append(params, `,"`+member+`":`...), span.Of(c.params)...)
		}
	}
	c.params = append(params, '}')
	s.begun(ctx, c, view, tool)
	return nil
}

// readOwn reads a resource of Loom's own.
func (s *Session) readOwn(c *call, view *hub.View, uri string) (result []byte, ok bool, err error) {
	if id, _, isResult := results.ParseURI(uri); isResult {
		if err := s.mayRead(view, id); err != nil {
			return nil, true, err
		}
		result, err := s.svc.Results.ResourceResult(uri, c.modern)
		return result, true, err
	}
	result, ok = view.ReadOwn(uri)
	if ok && c.modern {
		edit := insert(result, jsonrpc.Span{End: len(result)}, []byte(`"resultType":"complete","ttlMs":0,"cacheScope":"private"`))
		result = jsonrpc.Splice(nil, result, edit)
	}
	return result, ok, nil
}
