package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// TestGiteaLies: whatever stands before Gitea does, a tool answers in time, with
// the code that fits, and gives its credentials to nobody else.
func TestGiteaLies(t *testing.T) {
	at := use(t, "gitea")
	g := &giteaForge{at: at, api: giteaAPI(t, at), prefix: "lies-"}
	repo := g.NewRepo(t, "one")
	g.Issue(t, repo, "The only issue", "")
	front, stranger := fault.Proxy(t, at.URL), fault.Stranger(t)
	seen := at
	seen.URL = front.URL
	c := newWorld(t, giteaServer(seen, "LOOM_MCP_TIMEOUT", "3s")).Connect(testbed.ClientOptions{})
	if text := c.MustCall("gitea__list_issues", args("repo", repo)); !strings.Contains(text, "The only issue") {
		t.Fatalf("without a lie: %s", text)
	}
	issues := fault.Path("/api/v1/repos/" + repo + "/issues")
	for name, tc := range map[string]struct {
		match fault.Match
		lie   fault.Behaviour
		code  string // empty: it is tried again, and succeeds
	}{
		"busy once":          {fault.First(1, issues), fault.Status(503), ""},
		"cut once":           {fault.First(1, issues), fault.Cut(fault.After(10)), ""},
		"half once":          {fault.First(1, issues), fault.Half(), ""},
		"empty once":         {fault.First(1, issues), fault.Empty(), ""},
		"limited":            {issues, fault.RetryAfter(time.Minute), "rate_limited"},
		"limited, in words":  {issues, fault.RetryText("1m0s"), "rate_limited"},
		"Gitea is busy":      {issues, fault.GiteaBusy(), "unavailable"},
		"a login page":       {issues, fault.LoginPage(), "failed_precondition"},
		"an error page":      {issues, fault.ErrorPage(502), "unavailable"},
		"forbidden":          {issues, fault.Status(403), "permission_denied"},
		"hangs":              {issues, fault.Hang(), "timeout"},
		"never ends":         {issues, fault.Endless(), "too_large"},
		"a bomb":             {issues, fault.GzipBomb(100 << 20), "too_large"},
		"sent elsewhere":     {issues, fault.Redirect(302, stranger.URL), ""},
		"sent in a circle":   {issues, fault.RedirectLoop(302), "failed_precondition"},
		"always half of it":  {issues, fault.Half(), "unavailable"},
		"drips for too long": {issues, fault.Trickle(1, 200*time.Millisecond), "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			front.Honest()
			defer front.Honest()
			front.On(tc.match, tc.lie)
			began := time.Now()
			f := c.Call("gitea__list_issues", args("repo", repo))
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("it took %s", took)
			}
			switch {
			case name == "sent elsewhere": // the stranger answers {}, which is no list
				if !f.IsError() {
					t.Errorf("a stranger's answer was taken: %s", f)
				}
			case tc.code == "" && (f.IsError() || !strings.Contains(f.Text(), "The only issue")):
				t.Errorf("got %s", f)
			case tc.code != "" && (!f.IsError() || !strings.Contains(f.Text(), "ERROR "+tc.code+":")):
				t.Errorf("got %s, want %s", f, tc.code)
			}
			if strings.Contains(f.Text(), at.Token) {
				t.Error("the token is shown")
			}
		})
	}
	if got := stranger.Credentials(); len(got) > 0 || len(stranger.Requests()) == 0 {
		t.Errorf("the stranger got %d requests with %v", len(stranger.Requests()), got)
	}
}
