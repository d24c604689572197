// Package remote lets a server at the other end of HTTP look like one at the
// other end of two pipes. [Run] takes newline-delimited JSON-RPC frames from a
// reader, posts each to a Streamable HTTP endpoint and writes what comes back,
// so that package child speaks to it as to any process.
//
// Both eras of the transport are spoken, and the frames say which. Once
// initialize was answered it is the legacy one (2025-03-26 to 2025-11-25: a
// session, a stream of the server's own, streams that can be resumed). Without
// it a request whose _meta names a protocol version is of the modern era
// (2026-07-28: no session, the envelope mirrored in headers, a request is
// cancelled by closing its stream).
//
// What holds in both: a request is posted once and never again, unless no
// connection came about; it gets at most one answer, and one that says why when
// the server gave none; bytes of messages stay as they are, but for raw line
// ends, which become spaces, and for what one era must not hear of the other.
// OAuth and the HTTP+SSE transport of 2024-11-05 are
// not spoken.
package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Options say which server it is. URL is required.
type Options struct {
	Server   string      // its name in the registry, for errors
	URL      string      // http or https
	Headers  http.Header // of every request. The values may be secrets: they are in no error and no log
	Version  string      // Loom's own, for User-Agent
	Environ  []string    // "NAME=value": HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read here and nowhere else
	MaxFrame int         // bytes of a message; 0 = jsonrpc.DefaultMaxFrame
	Timeouts Timeouts

	// Log takes lines that are of use to whoever asks why the server does not
	// work, as a process has them on its stderr. Nil drops them.
	Log func(line string)
	// Client is used in place of the package's own, which keeps no cookies,
	// takes its proxy from Environ and follows no redirect to another host.
	Client *http.Client
}

// Timeouts bound every wait but the one for an answer: how long a call may take
// is for the caller to say. Zero fields take the defaults.
type Timeouts struct {
	Dial     time.Duration // for a connection; 10s
	TLS      time.Duration // for its handshake; 10s
	Notify   time.Duration // for the receipt of a notification or an answer of ours; 30s
	Linger   time.Duration // for what a server sends after the answer on the same stream; 1s
	Late     time.Duration // for the answer to a request that was cancelled; 5s
	Retry    time.Duration // before a stream that broke is opened again, if the server names no time; 1s
	RetryMax time.Duration // the same, after many failures; 30s
	Close    time.Duration // for ending the session; 1s
}

func (t Timeouts) orDefaults() Timeouts {
	for _, d := range []struct {
		p *time.Duration
		v time.Duration
	}{
		{&t.Dial, 10 * time.Second}, {&t.TLS, 10 * time.Second}, {&t.Notify, 30 * time.Second},
		{&t.Linger, time.Second}, {&t.Late, 5 * time.Second},
		{&t.Retry, time.Second}, {&t.RetryMax, 30 * time.Second}, {&t.Close, time.Second},
	} {
		if *d.p == 0 {
			*d.p = d.v
		}
	}
	return t
}

// ErrSessionGone is a server that no longer knows the session, most often
// because it was restarted. A new Run begins a new one.
var ErrSessionGone = errors.New("the server no longer knows the session")

// Run carries frames from in to the server and from the server to out, until in
// ends (nil), ctx ends (its cause), out cannot be written (that error), or the
// server drops the session ([ErrSessionGone]). Each write is one frame with its
// newline. Requests that have no answer by then get none: whoever wrote them
// answers them, as for a process that ended.
//
// When Run returns, all that it started has ended; to that end it closes in if
// that is an [io.Closer]. It does not close out, and a write to out that blocks
// holds it up.
func Run(ctx context.Context, o Options, in io.Reader, out io.Writer) error {
	at, err := url.Parse(o.URL)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return fmt.Errorf("the url of server %s is not one of http or https", o.Server) // it may hold a password
	}
	if o.MaxFrame <= 0 {
		o.MaxFrame = jsonrpc.DefaultMaxFrame
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	o.Timeouts = o.Timeouts.orDefaults()
	b := &bridge{o: o, at: at, client: o.Client, out: out, scrub: scrubber(o.Headers, at), calls: map[string]*call{}, noted: closed()}
	if b.client == nil {
		b.client = newClient(o)
		defer b.client.CloseIdleConnections()
	}
	return b.run(ctx, in)
}
