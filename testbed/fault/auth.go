package fault

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Auth is a gate before a Front: tokens that it handed out, until their time has
// come by its Clock, and users with passwords. A suite of a server that gets a
// new token when the old one has expired:
//
//	clock := fault.NewClock()
//	auth := fault.NewAuth(clock)
//	front.Guard(auth)
//	token := w.WriteFile("token", auth.Token(time.Hour))
//	… // calls succeed
//	clock.Advance(2 * time.Hour) // now they are refused
//	w.WriteFile("token", auth.Token(time.Hour))
type Auth struct {
	clock *Clock

	mu       sync.Mutex
	tokens   map[string]time.Time // until when
	users    map[string]string    // their passwords
	path     string               // where tokens are handed out
	life     time.Duration        // of those
	upstream string
	refused  int
}

// NewAuth is an Auth that lets nobody through so far.
func NewAuth(c *Clock) *Auth {
	return &Auth{clock: c, tokens: map[string]time.Time{}, users: map[string]string{}}
}

// Guard has a Front refuse who has no credentials that are good now, before any
// rule is asked.
func (f *Front) Guard(a *Auth) { f.update(func() { f.guard = a }) }

func (f *Front) guarded() *Auth {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.guard
}

// Token is a new token that is good for so long.
func (a *Auth) Token(life time.Duration) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	token := "fault-" + rand.Text()
	a.tokens[token] = a.clock.Now().Add(life)
	return token
}

// Revoke ends a token before its time.
func (a *Auth) Revoke(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.tokens, token)
}

// User lets somebody through by basic authentication. An empty password takes
// it back.
func (a *Auth) User(name, password string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.users[name] = password; password == "" {
		delete(a.users, name)
	}
}

// Endpoint hands out tokens that are good for so long to who POSTs to a path, as
// OAuth's client credentials are exchanged. Where there are users it has to be
// one of them.
func (a *Auth) Endpoint(path string, life time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.path, a.life = path, life
}

// Upstream is the Authorization that the service gets, since what an Auth lets
// through is for the Auth. Without it the service gets none.
func (a *Auth) Upstream(authorization string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.upstream = authorization
}

// Refused is how many requests were not let through.
func (a *Auth) Refused() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refused
}

// admits reports whether a request may go on. One that may not has its answer.
func (a *Auth) admits(x *exchange) bool {
	user, password, basic := x.r.BasicAuth()
	a.mu.Lock()
	known := basic && a.users[user] != "" && a.users[user] == password
	issue := a.path != "" && x.r.Method == http.MethodPost && x.seen.Path == a.path && (known || len(a.users) == 0)
	until, issued := a.tokens[bearer(x.r.Header)]
	admitted, upstream, life := known || issued && a.clock.Now().Before(until), a.upstream, a.life
	challenge := a.challenge(x.r.Header, issued)
	if !admitted && !issue {
		a.refused++
	}
	a.mu.Unlock()

	switch {
	case issue:
		x.invent(http.StatusOK, jsonKind, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":%s}`, a.Token(life), seconds(life)))
		x.answer.Header.Set("Cache-Control", "no-store")
		return false
	case !admitted:
		x.invent(http.StatusUnauthorized, jsonKind, `{"message":"401 Unauthorized"}`)
		x.answer.Header["Www-Authenticate"] = challenge
		return false
	}
	x.r.Header = maps.Clone(x.r.Header)
	x.r.Header.Del("Authorization")
	x.r.Header.Del("Private-Token")
	if upstream != "" {
		x.r.Header.Set("Authorization", upstream)
	}
	return true
}

// challenge is WWW-Authenticate: what would be let through, and what was wrong
// with a token.
func (a *Auth) challenge(h http.Header, issued bool) []string {
	out := []string{`Bearer realm="fault"`}
	switch {
	case issued:
		out[0] += `, error="invalid_token", error_description="The token expired"`
	case bearer(h) != "":
		out[0] += `, error="invalid_token", error_description="The token is not known"`
	}
	if len(a.users) > 0 {
		out = append(out, `Basic realm="fault", charset="UTF-8"`)
	}
	return out
}

// bearer is the token that a request brings, in one of the ways that the forges
// take it.
func bearer(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "token") {
		return strings.TrimSpace(token)
	}
	return h.Get("Private-Token")
}
