// Package promql reads PromQL without a server: where a query stops being one,
// what it selects and for how long, and which mistakes are known to be made in
// such queries. It parses with Prometheus' own parser and evaluates nothing.
package promql
