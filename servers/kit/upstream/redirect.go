package upstream

import (
	"net/http"

	"github.com/loom-core/loom/servers/kit"
)

const maxRedirects = 5

// harmless are the headers that follow a redirect to another origin.
var harmless = map[string]bool{"Accept": true, "User-Agent": true, "Range": true, "Content-Type": true}

// checkRedirect lets a read follow where it is sent, without what is only for
// the first origin. net/http alone lets credentials through to subdomains, to
// other ports and from https to http, and headers it does not know to anyone.
// A write that is redirected would lose its body or take it somewhere else.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	first, last := via[0], via[len(via)-1]
	line := first.Method + " " + first.URL.EscapedPath()
	hint := "does " + c.Setting("URL") + " point at " + c.service.Name + " itself, past login pages and old addresses?"
	refuse := func(format string, args ...any) error {
		return kit.Errorf(kit.FailedPrecondition, line+" "+format, args...).WithHint("%s", hint)
	}
	away := origin(req.URL) != origin(first.URL)
	if !away && c.service.Redirect != nil {
		if err := c.service.Redirect(first.URL, req.URL); err != nil {
			return err
		}
	}
	if !away && !reads(first.Method) {
		hint = "it may have another name now: read it, and take the name that it says; or " + hint
	}
	switch {
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return refuse("is redirected to a URL of scheme %q", req.URL.Scheme)
	case !reads(first.Method) && (away || req.Method != first.Method && req.Response.StatusCode != http.StatusSeeOther):
		return refuse("is redirected to %s, where a %s is not repeated", origin(req.URL), first.Method)
	case len(via) > maxRedirects:
		return refuse("is redirected more than %d times", maxRedirects)
	}
	for _, before := range via {
		if before.Method == req.Method && before.URL.String() == req.URL.String() {
			return refuse("is redirected in a circle")
		}
	}
	if away || origin(last.URL) != origin(req.URL) {
		for name := range req.Header {
			if !harmless[name] {
				delete(req.Header, name)
			}
		}
	}
	req.Header.Del("Referer") // it has the whole query
	return nil
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }
