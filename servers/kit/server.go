package kit

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/loom-core/loom/servers/kit/redact"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Server is a set of tools with a name. Name, Version and Tools are required;
// resources and prompts are for clients that know them.
type Server struct {
	Name         string // of the program: mcp-prometheus
	Title        string
	Version      string
	Instructions string // for the model: order of the tools, time syntax; 600 characters at most
	Tools        []Tool
	Resources    []Resource
	Prompts      []Prompt
	Instances    []string        // names of those a call can be for, the first by default; see [Instance]
	InstanceArg  string          // the argument that chooses one; instance when empty
	Redact       redact.Redactor // what is taken out of answers besides what is known by its form
	Limits       Limits
	Logger       *slog.Logger // nil: nothing is logged

	refused map[string]*Error // the tools that [Server.Select] left out, by name
}

func (s *Server) logger() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

// MCP makes the mcp-go server, to be given to serve.Serve.
func (s *Server) MCP() *server.MCPServer {
	limits := s.Limits.withDefaults()
	options := []server.ServerOption{
		server.WithTitle(s.Title),
		server.WithInstructions(s.Instructions),
		server.WithToolCapabilities(false), // the lists never change while we run
		s.hideRefused(),
	}
	// One list per build; an upgrade shows after five minutes at the latest.
	lists := []mcp.MCPMethod{mcp.MethodToolsList}
	if len(s.Resources) > 0 {
		options = append(options, server.WithResourceCapabilities(false, false))
		lists = append(lists, mcp.MethodResourcesList, mcp.MethodResourcesTemplatesList)
	}
	if len(s.Prompts) > 0 {
		options = append(options, server.WithPromptCapabilities(false))
		lists = append(lists, mcp.MethodPromptsList)
	}
	for _, list := range lists {
		options = append(options, server.WithMethodCacheHints(list, (5*time.Minute).Milliseconds(), mcp.CacheScopePublic))
	}
	m := server.NewMCPServer(s.Name, s.Version, options...)
	for _, t := range s.Tools {
		t.params = t.params.withInstances(s)
		m.AddTool(t.definition(limits.output), t.handler(s, limits))
	}
	s.refuse(m)
	for _, r := range s.Resources {
		r.add(m, s, limits)
	}
	for _, p := range s.Prompts {
		p.add(m, s, limits)
	}
	return m
}

// Limits of one call. Zero fields take the defaults.
type Limits struct {
	MaxBytes int           // of an answer unless max_bytes asks for another; 32 KiB, 96 KiB at most
	Deadline time.Duration // of a call; 25 s, 120 s at most

	output outputMode
}

const (
	defaultMaxBytes = 32 << 10
	// maxMaxBytes stays under the 25 000 tokens over which clients refuse a result.
	maxMaxBytes = 96 << 10
	minMaxBytes = 2 << 10

	defaultDeadline = 25 * time.Second
	maxDeadline     = 120 * time.Second
)

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = defaultMaxBytes
	}
	l.MaxBytes = min(max(l.MaxBytes, minMaxBytes), maxMaxBytes)
	if l.Deadline <= 0 {
		l.Deadline = defaultDeadline
	}
	l.Deadline = min(l.Deadline, maxDeadline)
	if l.output == "" {
		l.output = outputBoth
	}
	return l
}

// LimitsFromEnv reads LOOM_MCP_MAX_BYTES, LOOM_MCP_TIMEOUT (25s) and
// LOOM_MCP_OUTPUT (both, text or structured).
func LimitsFromEnv(getenv func(string) string) (Limits, error) {
	var l Limits
	if text := getenv("LOOM_MCP_MAX_BYTES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < minMaxBytes || n > maxMaxBytes {
			return l, fmt.Errorf("LOOM_MCP_MAX_BYTES is %q, want a number from %d to %d", text, minMaxBytes, maxMaxBytes)
		}
		l.MaxBytes = n
	}
	if text := getenv("LOOM_MCP_TIMEOUT"); text != "" {
		d, err := ParseDuration(text)
		if err != nil || d <= 0 || d > maxDeadline {
			return l, fmt.Errorf("LOOM_MCP_TIMEOUT is %q, want a duration up to %v such as 25s", text, maxDeadline)
		}
		l.Deadline = d
	}
	if text := getenv("LOOM_MCP_OUTPUT"); text != "" {
		l.output = outputMode(text)
		if !l.output.valid() {
			return l, fmt.Errorf("LOOM_MCP_OUTPUT is %q, want both, text or structured", text)
		}
	}
	return l, nil
}

// errDeadline is why a call's context ended when its time was up.
type errDeadline struct{ limit time.Duration }

func (e errDeadline) Error() string { return fmt.Sprintf("the call took longer than %v", e.limit) }

// Is makes it a deadline like any other to those who look at context.Cause.
func (errDeadline) Is(target error) bool { return target == context.DeadlineExceeded }

func deadlineError(ctx context.Context) *Error {
	cause := context.Cause(ctx)
	if cause == nil {
		cause = context.DeadlineExceeded
	}
	return Errorf(Timeout, "%w", cause).WithHint("ask for less in one call: a shorter range, fewer items or a narrower filter")
}
