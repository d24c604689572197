// Package target knows the AI clients: where each keeps its MCP servers, in which
// format, under which key, and how an entry is written and read there. One file a
// client; each says where its facts are from.
//
// It is a pure description. What is on this machine is a [Host], reading and
// writing files is package clientsync's, and editing them configfile's.
package target
