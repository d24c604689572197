package keyring

import (
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// readRequest reads the one request. Whatever is odd is refused: it comes from
// loom and loomd alone, and a field that is not understood would be a value that
// goes elsewhere than was meant.
func readRequest(r io.Reader) (core.Request, error) {
	raw, err := io.ReadAll(io.LimitReader(r, core.MaxRequest+1))
	if err != nil {
		return core.Request{}, fail(core.CodeBadRequest, "reading the request: %v", err)
	}
	return parseRequest(raw)
}

func parseRequest(raw []byte) (core.Request, error) {
	if len(raw) > core.MaxRequest {
		return core.Request{}, fail(core.CodeBadRequest, "the request is over %d bytes", core.MaxRequest)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var req core.Request
	if err := dec.Decode(&req); err != nil || dec.Decode(&struct{}{}) != io.EOF {
		return core.Request{}, fail(core.CodeBadRequest, "the request is not what this loom-keyring reads") // err may quote a value
	}
	return req, check(req)
}

// check holds a request against its operation.
func check(req core.Request) error {
	bad := func(what string, args ...any) error { return fail(core.CodeBadRequest, what, args...) }
	if req.Backend != "" && !slices.Contains(core.Known, req.Backend) {
		return bad("%q is not a backend", req.Backend)
	}
	if !filepath.IsAbs(req.Dir) {
		return bad("the folder of the file backend must be an absolute path")
	}
	if len(req.Names) > core.MaxNames {
		return bad("at most %d names at once", core.MaxNames)
	}
	for _, name := range req.Names {
		if !secret.ValidName(name) {
			return bad("%q is not a name of a secret", name)
		}
	}
	names, value := len(req.Names), len(req.Value)
	switch req.Op {
	case core.OpGet, core.OpDelete:
		if names == 0 || value != 0 {
			return bad("%s takes names and no value", req.Op)
		}
	case core.OpSet:
		if names != 1 || value == 0 || value > core.MaxValue {
			return bad("set takes one name and a value of at most %d bytes", core.MaxValue)
		}
	case core.OpUnlock:
		if names != 0 || value != 0 || req.Backend != core.File || req.Passphrase == "" {
			return bad("unlock takes a passphrase of the file backend")
		}
	case core.OpList, core.OpProbe:
		if names != 0 || value != 0 {
			return bad("%s takes neither names nor a value", req.Op)
		}
	default:
		return bad("%q is not an operation", req.Op)
	}
	if req.Create && req.Op != core.OpUnlock {
		return bad("only unlock creates")
	}
	return nil
}
