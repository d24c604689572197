// Package diagnose finds why pods do not run, from what the API server says of
// them: their state, the events about them. It asks nobody and changes nothing.
package diagnose
