package loomrpc

import "time"

// AuditQuery asks [MethodAudit] for calls that ended. Empty fields do not
// restrict. Tool is a server's own name or an exposed one.
type AuditQuery struct {
	Since   time.Time `json:"since,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Client  string    `json:"client,omitempty"`
	Server  string    `json:"server,omitempty"`
	Tool    string    `json:"tool,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	Limit   int       `json:"limit,omitempty"` // the newest so many; 0: as many as one answer holds
}

// AuditReply answers [MethodAudit], oldest first.
type AuditReply struct {
	Records []AuditRecord `json:"records"`
	Matched int           `json:"matched"` // without the limit
	Status  AuditStatus   `json:"status"`
}

// AuditRecord is one call that ended.
type AuditRecord struct {
	Time         time.Time     `json:"time"` // when it came
	Session      string        `json:"session,omitempty"`
	Client       string        `json:"client,omitempty"`
	Server       string        `json:"server,omitempty"`
	Tool         string        `json:"tool,omitempty"` // the server's own name
	Method       string        `json:"method"`
	Outcome      string        `json:"outcome"`
	Duration     time.Duration `json:"duration_ns"`
	RequestBytes int           `json:"request_bytes"`
	ResultBytes  int           `json:"result_bytes"`
}

// AuditStatus is how the audit log does.
type AuditStatus struct {
	File    string `json:"file"`
	Dropped int64  `json:"dropped"`         // records lost since loomd started
	Error   string `json:"error,omitempty"` // why none can be written now
}
