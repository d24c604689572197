package loomrpc

import (
	"encoding/json"
	"time"
)

// TraceQuery asks [MethodTrace] for messages as they pass. The first question
// has no ID and begins to listen; each later one has the ID of the answer
// before, and waits until there is something to tell, or a while. Listening
// ends 60 s after the last question, and with the connection of the first. An ID
// that loomd does not know begins anew. Empty fields do not restrict.
type TraceQuery struct {
	ID     string `json:"id,omitempty"`
	Client string `json:"client,omitempty"`
	Server string `json:"server,omitempty"`
	Body   bool   `json:"body,omitempty"` // with the messages, redacted
}

// TraceReply answers [MethodTrace].
type TraceReply struct {
	ID      string       `json:"id"`
	Events  []TraceEvent `json:"events"`
	Dropped int64        `json:"dropped"` // lost since the answer before: the question came too late
}

// TraceEvent is one message that passed.
type TraceEvent struct {
	Time      time.Time       `json:"time"`
	Session   string          `json:"session,omitempty"`
	Client    string          `json:"client,omitempty"`
	Server    string          `json:"server,omitempty"`
	Direction string          `json:"direction"`        // client>loom, loom>server, server>loom, loom>client
	Kind      string          `json:"kind"`             // request, notification, result, error; invalid: no message
	Method    string          `json:"method,omitempty"` // of an answer: of its request, if that was seen
	ID        string          `json:"id,omitempty"`     // as the message has it, quotes included
	Tool      string          `json:"tool,omitempty"`
	Bytes     int             `json:"bytes"`
	Took      time.Duration   `json:"took_ns,omitempty"` // of an answer
	Code      int             `json:"code,omitempty"`    // of an error
	Body      json.RawMessage `json:"body,omitempty"`
}
