package remote

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// What is read of an answer that should be no message, and of one that may be a
// JSON-RPC error.
const (
	maxShort   = 64 << 10
	maxRefusal = 1 << 20
)

func readShort(resp *http.Response) []byte {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxShort))
	return text
}

// receiveRefusal passes on the server's own error, or says in Loom's words what
// the status means.
func (b *bridge) receiveRefusal(c *call, resp *http.Response) {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if b.sessionGone(resp.Request.Header, resp, text, c) {
		return
	}
	if c.modern != "" && c.method == mcp.ToolsCall && codeOf(text) == codeHeaderMismatch && !c.again && b.relearn(c) {
		c.again = true
		b.send(c)
		return
	}
	b.messages(text, func(frame []byte, m jsonrpc.Message) { // an error means that it is no message
		if isFailure(frame, m) {
			b.deliver(c, resp, frame, m)
		}
	})
	b.fail(c, b.refusal(c, resp, text)) // unless that was an answer
}

func (b *bridge) refusal(c *call, resp *http.Response, text []byte) *loomrpc.Error {
	e := b.failed(c, "answered %s%s", resp.Status, b.short(resp, text))
	after, hasAfter := retryAfter(resp.Header, time.Now())
	switch code := resp.StatusCode; {
	case code < 400:
		e = b.failed(c, "answered %s and wants to be asked at %s, which loom does not follow", resp.Status, b.target(resp))
		e.Data.Hint = "if that is where the server is, set url in the registry to it"
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		e.Data.Hint = "the server wants other credentials: check headers in the registry; servers that need OAuth are not supported yet"
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		e.Data.Hint = "check url in the registry: it has to be the server's MCP endpoint (Streamable HTTP)"
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable && hasAfter:
		e.RetryAfter(after)
	}
	return e
}

// target is where a redirect leads to, without what may be secret in it.
func (b *bridge) target(resp *http.Response) string {
	at, err := resp.Location()
	if err != nil {
		return "another place"
	}
	return b.scrub.Replace((&url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}).String())
}

// retryAfter reads Retry-After, seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now).Round(time.Second), 0), true
	}
	return 0, false
}

// sessionGone ends the bridge when a request that named the session was refused
// because the server does not know it. c is whose request it was, nil for one
// that has no answer.
//
// The specification has 404 for it. Many servers that are built on the official
// SDKs say 400 and, in an error that names no request, what they miss.
func (b *bridge) sessionGone(sent http.Header, resp *http.Response, text []byte, c *call) bool {
	if sent.Get(headerSession) == "" || resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusBadRequest {
		return false
	}
	own := false // an error of the method, not of the transport
	b.messages(text, func(frame []byte, m jsonrpc.Message) { own = own || isFailure(frame, m) && hasID(frame, m) })
	if own && c != nil {
		return false
	}
	if resp.StatusCode == http.StatusBadRequest {
		said := strings.ToLower(string(text))
		if !strings.Contains(said, "session") && !strings.Contains(said, "not initialized") {
			return false
		}
	}
	b.lost("it answered " + resp.Status + b.short(resp, text))
	return true
}

// failed is an error of server r that Loom saw. format goes on after its name.
func (b *bridge) failed(c *call, format string, args ...any) *loomrpc.Error {
	e := loomrpc.Errorf(loomrpc.CodeServerFailed, loomrpc.ErrorData{Server: b.o.Server, Stage: stageOf(c)}, format, args...)
	e.Message = "server " + b.o.Server + " at " + b.place() + " " + b.scrub.Replace(e.Message)
	return e
}

// unreachable is a request that never left.
func (b *bridge) unreachable(c *call, err error) *loomrpc.Error {
	e := b.failed(c, "cannot be reached: %v", err)
	e.Data.Retryable = true
	e.Data.Hint = "check that the server runs, and url in the registry"
	return e
}

// broken is a request that left and whose answer did not come.
func (b *bridge) broken(c *call, err error) *loomrpc.Error {
	cause := "it ended"
	if err != nil && !errors.Is(err, io.EOF) {
		cause = err.Error()
	}
	return b.failed(c, "broke the connection before its answer was whole (%s); the call may or may not have been carried out", cause)
}

// place is the url without what may be secret in it.
func (b *bridge) place() string {
	return (&url.URL{Scheme: b.at.Scheme, Host: b.at.Host, Path: b.at.Path}).String()
}

var (
	hiddenText = regexp.MustCompile(`(?is)<(script|style)\b.*?(</(script|style)>|$)`)
	tags       = regexp.MustCompile(`(?s)<[^>]*(>|$)`)
)

// short is the beginning of what a server said, for the end of a sentence:
// empty or ": " and a line without tags.
func (b *bridge) short(resp *http.Response, text []byte) string {
	s := string(text)
	if strings.Contains(contentType(resp), "html") || strings.HasPrefix(strings.TrimSpace(s), "<") {
		s = tags.ReplaceAllString(hiddenText.ReplaceAllString(s, " "), " ")
	}
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = b.scrub.Replace(strings.Join(strings.Fields(s), " "))
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	if s == "" {
		return ""
	}
	return ": " + s
}

// scrubber takes the values of headers out of what others wrote: a server may
// say back what it was sent.
func scrubber(h http.Header, at *url.URL) *strings.Replacer {
	var pairs []string
	add := func(value string) {
		if len(value) > 5 { // less is found everywhere
			pairs = append(pairs, value, "[redacted]")
		}
	}
	for _, values := range h {
		for _, v := range values {
			add(v)
			if _, credentials, ok := strings.Cut(v, " "); ok { // Bearer …
				add(strings.TrimSpace(credentials))
			}
		}
	}
	if password, ok := at.User.Password(); ok {
		add(password)
	}
	for _, values := range at.Query() {
		for _, v := range values {
			add(v)
		}
	}
	return strings.NewReplacer(pairs...)
}
