// Package logql reads as much of LogQL as mcp-loki needs before it asks Loki:
// which streams a query selects, how far back it reaches, whether lines or
// numbers come out, and which stages its lines pass. It also writes queries
// from parts, and shows where in a query Loki found a mistake.
//
// It is no parser. What it does not know it passes over, and whether a query is
// valid only Loki says. It does not miss a selector: braces outside of strings
// mean nothing else in LogQL.
package logql
