// Package loomrpc is what loom and loomd say to each other on loomd's socket:
// method names, types, error codes and a typed client. docs/PROTOCOL.md is its
// prose.
//
// The socket carries newline-delimited JSON-RPC 2.0. A connection begins with
// [MethodHello]. On a session's connection the proxy then sends [MethodCall]
// and [MethodMCP], and loomd sends plain MCP messages, which the proxy hands to
// its client as they are, and loom/* notifications, which it keeps. The
// other methods are for the command line.
package loomrpc

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Protocol is the version of this protocol. Each side understands its own and
// the one before.
const Protocol = 1

// MaxFrame is what a frame on the socket may have, in bytes: one of a client or a
// server at its own limit, and what Loom puts around it or in the place of its id.
const MaxFrame = jsonrpc.DefaultMaxFrame + 1<<20

// Prefix is what the method of every message of this protocol begins with. A
// client's message with such a method never reaches loomd.
const Prefix = "loom/"

// Methods from loom to loomd.
const (
	MethodHello = "loom/hello"
	MethodCall  = "loom/call" // a tools/call: the frame's id is the client's own
	MethodMCP   = "loom/mcp"  // any other message of the session, raw, as params

	MethodStatus  = "loom/status"
	MethodServers = "loom/servers"
	MethodTools   = "loom/tools"
	MethodLogs    = "loom/logs"
	MethodLearn   = "loom/learn"
	MethodRestart = "loom/restart"
	MethodReload  = "loom/reload"
	MethodStop    = "loom/stop"
	MethodMetrics = "loom/metrics"
	MethodAudit   = "loom/audit"
	MethodTrace   = "loom/trace"

	MethodUnlock         = "loom/unlock"
	MethodSecretsChanged = "loom/secrets_changed"
)

// NotifyMap is loomd's notification with the session's [ToolMap].
const NotifyMap = "loom/map"

// NotifyEnv is the proxy's notification with the [ClientEnv] that loomd asked for.
const NotifyEnv = "loom/env"

// ServerPrefix is the id that Loom's own tools have as a server.
const ServerPrefix = "loom"

// Hello opens a connection.
type Hello struct {
	Protocol int    `json:"protocol"`
	Version  string `json:"version"`           // of loom
	Client   string `json:"client,omitempty"`  // the client that started the proxy, as given by --client
	Profile  string `json:"profile,omitempty"` // as given by --profile
	Server   string `json:"server,omitempty"`  // as given by --server: that one alone, under its own names
	Dir      string `json:"cwd,omitempty"`     // the working directory
	PID      int    `json:"pid"`
	Control  bool   `json:"control,omitempty"` // the command line, not a session of a client
}

// HelloReply answers [Hello].
type HelloReply struct {
	Protocol int    `json:"protocol"`
	Version  string `json:"version"` // of loomd
	Session  string `json:"session"`
	Catalog  string `json:"catalog"` // changes whenever a list of the session changes

	// ClientEnv names the variables of the client's environment that servers of
	// this session want. The proxy hands them over with [NotifyEnv], before anything else.
	ClientEnv []string `json:"client_env,omitempty"`
}

// ClientEnv is what [NotifyEnv] carries: variables of the client by name; one
// that is not set is left out.
type ClientEnv struct {
	Vars map[string]string `json:"vars"`
}

// Call is a tools/call on its way to loomd. Server is empty when the proxy
// knows no such tool; Tool is then the exposed name, and loomd decides.
type Call struct {
	Server string          `json:"server"`
	Tool   string          `json:"tool"`
	Params json.RawMessage `json:"params"`
}

// ToolMap says which server and tool an exposed name stands for.
type ToolMap struct {
	Tools map[string]Route `json:"tools"`
}

// Route is one tool of one server.
type Route struct {
	Server string `json:"server"`
	Tool   string `json:"tool"`
}

// Status answers [MethodStatus].
type Status struct {
	Version       string          `json:"version"`
	Protocol      int             `json:"protocol"`
	PID           int             `json:"pid"`
	Started       time.Time       `json:"started"`
	Socket        string          `json:"socket"`
	StateDir      string          `json:"state_dir"`
	Registry      string          `json:"registry"`
	Layers        []Layer         `json:"layers,omitempty"`         // files that the registry was read from, in the order in which they count
	RegistryError string          `json:"registry_error,omitempty"` // the last reload failed: the one before still serves
	Newer         string          `json:"newer,omitempty"`          // version of a connected loom that is newer than loomd
	Environment   string          `json:"environment"`              // "saved", "guessed" or "inherited"
	Metrics       string          `json:"metrics,omitempty"`        // URL; empty when off
	Keyring       KeyringStatus   `json:"keyring"`
	Audit         AuditStatus     `json:"audit"`
	Traces        int             `json:"traces"` // who listens to messages now
	Sessions      []Session       `json:"sessions"`
	Servers       []ServerStatus  `json:"servers"`            // the user's own
	Projects      []ProjectStatus `json:"projects,omitempty"` // where sessions are or were
	Notes         []string        `json:"notes,omitempty"`    // what is not as it could be, one sentence each
}

// Layer is a file that a registry was put together from.
type Layer struct {
	Name string `json:"name"` // machine, user, named, project, policy
	Path string `json:"path"`
}

// Session is one connected client.
type Session struct {
	ID      string    `json:"id"`
	Client  string    `json:"client"` // --client, else the name that the client gave at initialize
	Profile string    `json:"profile"`
	Dir     string    `json:"cwd,omitempty"`
	Project string    `json:"project,omitempty"` // folder of the project that it is in, if that has a registry of its own
	PID     int       `json:"pid"`
	Version string    `json:"version"` // of its loom proxy
	Since   time.Time `json:"since"`
	Calls   int       `json:"calls_in_flight"`
}

// ServerStatus is one server of the registry and what runs of it.
type ServerStatus struct {
	Name        string     `json:"name"`
	ID          string     `json:"id,omitempty"`      // what it is called where its name is not enough: of a project, or for one client
	Project     string     `json:"project,omitempty"` // folder of the project that it is of
	Client      string     `json:"client,omitempty"`  // that has it in place of the server of that name
	Description string     `json:"description,omitempty"`
	Enabled     bool       `json:"enabled"`
	Shipped     bool       `json:"shipped,omitempty"`
	Denied      string     `json:"denied,omitempty"` // why the machine's policy forbids it
	Share       string     `json:"share"`
	Command     string     `json:"command"`
	Known       bool       `json:"known"` // its definitions were learnt
	Tools       int        `json:"tools"`
	Tokens      int        `json:"tokens"` // of the definitions, characters / 4
	LastError   string     `json:"last_error,omitempty"`
	Instances   []Instance `json:"instances"`
}

// Instance is one process of a server.
type Instance struct {
	Key      string    `json:"key,omitempty"` // workspace or session, empty when shared by all
	State    string    `json:"state"`         // starting, ready, draining, stopped
	PID      int       `json:"pid,omitempty"`
	Era      string    `json:"era,omitempty"` // legacy or modern
	Since    time.Time `json:"since"`
	InFlight int       `json:"in_flight"`
	Queued   int       `json:"queued"`
}

// ServersReply answers [MethodServers]: those of the registry and the shipped
// ones that are off. Those of the project in which the caller is are among
// them; Note is what there is to say of that project.
type ServersReply struct {
	Servers []ServerStatus `json:"servers"`
	Note    string         `json:"note,omitempty"`
}

// ToolsQuery asks [MethodTools]. Empty fields do not restrict.
type ToolsQuery struct {
	Server string `json:"server,omitempty"`
	Name   string `json:"name,omitempty"` // an exposed name

	// Profile is whose tools are asked for; empty is the default one.
	Profile string `json:"profile,omitempty"`

	// Client is the one, by the name in --client, that sees them; empty for one of
	// which the registry says nothing. It chooses no profile where Profile does.
	Client string `json:"client,omitempty"`

	// Raw asks for what servers define in place of what clients see: every tool
	// of every enabled server, also those that the registry or a profile hides.
	// Name does not count then.
	Raw bool `json:"raw,omitempty"`
}

// Tool is one tool as clients see it, or as its server defines it.
type Tool struct {
	Name       string          `json:"name,omitempty"` // exposed; empty with Raw
	Server     string          `json:"server"`
	Tool       string          `json:"tool"` // the server's own name
	Tokens     int             `json:"tokens"`
	Calls      int             `json:"calls"` // since ToolsReply.UsageSince
	LastUsed   time.Time       `json:"last_used,omitzero"`
	Definition json.RawMessage `json:"definition,omitempty"` // as the client gets it; empty with Raw
	Raw        json.RawMessage `json:"raw,omitempty"`        // as the server wrote it
}

// ToolsReply answers [MethodTools]. Unknown lists the servers that were asked
// for and whose definitions could not be had, with the reason. UsageSince is
// the time of the oldest call on record. Note is what there is to say of the
// project in which the caller is.
type ToolsReply struct {
	Tools      []Tool            `json:"tools"`
	Unknown    map[string]string `json:"unknown,omitempty"`
	UsageSince time.Time         `json:"usage_since,omitzero"`
	Note       string            `json:"note,omitempty"`
}

// LogsQuery asks [MethodLogs] for lines after a cursor or a time. Server is
// "loomd" for the daemon's own. With Wait the answer comes when there is at
// least one line, or after a while without any.
type LogsQuery struct {
	Server string    `json:"server"`
	Since  time.Time `json:"since,omitzero"`
	After  int64     `json:"after,omitempty"`
	Wait   bool      `json:"wait,omitempty"`
}

// LogLine is a line of a server's stderr, or of loomd's log.
type LogLine struct {
	Time time.Time `json:"time"`
	From string    `json:"from,omitempty"` // pid, where a server has several processes
	Text string    `json:"text"`
}

// LogsReply answers [MethodLogs]. Next is the cursor for the next question.
type LogsReply struct {
	Lines []LogLine `json:"lines"`
	Next  int64     `json:"next"`
}

// LearnReply answers [MethodLearn]: what was learnt by starting the servers
// that were never seen.
type LearnReply struct {
	Learnt []ServerStatus    `json:"learnt"`
	Failed map[string]string `json:"failed,omitempty"`
}

// RestartQuery asks [MethodRestart].
type RestartQuery struct {
	Server string `json:"server"`
}

// RestartReply answers [MethodRestart].
type RestartReply struct {
	Stopped int `json:"stopped"` // processes; the next call starts a new one
}

// ReloadReply answers [MethodReload]. A registry with mistakes is an error of
// the call, and the one before goes on serving.
type ReloadReply struct {
	Registry  string   `json:"registry"`
	Added     []string `json:"added"`
	Removed   []string `json:"removed"`
	Changed   []string `json:"changed"`
	Unchanged int      `json:"unchanged"`
	Warnings  []string `json:"warnings,omitempty"`
}

// MetricsReply answers [MethodMetrics].
type MetricsReply struct {
	Text string `json:"text"` // Prometheus text format
}

// IsOurs reports whether method belongs to this protocol.
func IsOurs(method string) bool { return strings.HasPrefix(method, Prefix) }
