package upstream

import (
	"bytes"
	"io"
	"net/http"
)

// Library is the client for a library that speaks JSON with the service: with
// the credentials, the tries and the limits, and with the errors too. Libraries
// tell what went wrong in many ways, most of them too short; here an answer that
// is a failure is a [kit.Error] that errors.As finds in theirs.
func (c *Client) Library() *http.Client {
	return &http.Client{Transport: library{c}, CheckRedirect: c.checkRedirect}
}

type library struct{ c *Client }

func (l library) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.c.http.Transport.RoundTrip(req)
	if err != nil {
		return nil, l.c.sendError(req.Context(), req, err)
	}
	if resp.StatusCode/100 == 3 && resp.Header.Get("Location") != "" {
		return resp, nil // it is followed, or not, by the client
	}
	body, err := io.ReadAll(resp.Body) // the transport holds it
	resp.Body.Close()
	if err != nil {
		return nil, l.c.sendError(req.Context(), req, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	answer := &Response{Method: req.Method, Path: req.URL.EscapedPath(), Status: resp.StatusCode, Header: resp.Header, Body: body}
	// What a write answers with, if anything, is the service's affair.
	wantJSON := reads(req.Method) && resp.StatusCode != http.StatusNotModified
	if e := l.c.failure(answer, wantJSON); e != nil && resp.StatusCode != http.StatusNotModified {
		return nil, e
	}
	return resp, nil
}
