package upstream

import (
	"context"
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
	// What a write answers with, if anything, is the service's affair.
	x := &exchange{json: reads(req.Method)}
	resp, err := l.c.http.Transport.RoundTrip(req.WithContext(context.WithValue(req.Context(), exchangeKey{}, x)))
	if err != nil {
		return nil, l.c.sendError(req.Context(), req, err)
	}
	resp.Request = req
	if resp.StatusCode/100 == 3 && resp.Header.Get("Location") != "" {
		return resp, nil // it is followed, or not, by the client
	}
	if x.failure != nil {
		return nil, x.failure
	}
	return resp, nil
}
