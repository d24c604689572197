package fakeserver

import "encoding/json"

// vendorEcho answers x/echo, which is no method of MCP, with its params.
func (s *server) vendorEcho(r *request) {
	params := r.m.Params.Of(r.frame)
	if params == nil {
		params = []byte(`{}`)
	}
	s.result(r, params)
}

// vendor is the tool that sends a notification of which MCP knows nothing, with
// the params that it was given.
func (s *server) vendor(r *request, arguments []byte) {
	var args struct{ Params json.RawMessage }
	json.Unmarshal(arguments, &args) // what does not fit stays empty
	s.notify("notifications/x-vendor", string(args.Params))
	s.result(r, textResult("sent"))
}
