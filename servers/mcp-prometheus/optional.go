package main

import (
	"errors"
	"net/http"

	"github.com/loom-core/loom/servers/kit"
)

// optional makes the error of an API that only Prometheus itself has one that
// says so. Mimir, Thanos, Cortex and others answer queries as Prometheus does
// and lack the rest, each with another status.
func optional(err error, what, instead string) error {
	if !lacks(err) {
		return err
	}
	var e *kit.Error
	errors.As(err, &e)
	return kit.Errorf(kit.Unsupported, "this server has no %s: %s", what, e.Message).
		WithHint("Mimir, Thanos and other stores that answer PromQL may lack it; %s", instead)
}

// lacks reports whether err is the answer of a server that does not know the
// API that it was asked for.
func lacks(err error) bool {
	var e *kit.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusGone:
		return true
	}
	return e.Code == kit.Unsupported
}
