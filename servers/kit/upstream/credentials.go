package upstream

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/loom-core/loom/servers/kit"
)

// credentials are the headers that say who we are.
type credentials struct {
	fixed http.Header // nil: none
	file  string      // of a token or a password; empty: there is none
	user  string      // whose password is in file; empty: it is a token
	name  string      // of the setting that has file
	known []string    // secrets that do not change

	mu     sync.Mutex
	secret string // what file had when it was read last; guarded by mu
}

func newCredentials(s Settings, inURL *url.Userinfo) *credentials {
	a := &credentials{fixed: s.Headers.Clone()}
	if a.fixed == nil {
		a.fixed = make(http.Header)
	}
	if s.Tenant != "" {
		a.fixed.Set("X-Scope-OrgID", s.Tenant)
	}
	switch {
	case s.TokenFile != "":
		a.file, a.name = s.TokenFile, s.prefix+"TOKEN_FILE"
	case s.PasswordFile != "":
		a.file, a.user, a.name = s.PasswordFile, s.User, s.prefix+"PASSWORD_FILE"
	case s.Token != "":
		a.fixed.Set("Authorization", "Bearer "+s.Token)
	case s.User != "":
		a.fixed.Set("Authorization", basic(s.User, s.Password))
		a.known = append(a.known, s.Password)
	case inURL != nil && a.fixed.Get("Authorization") == "":
		password, _ := inURL.Password()
		a.fixed.Set("Authorization", basic(inURL.Username(), password))
		a.known = append(a.known, password)
	}
	for name, values := range a.fixed {
		if secretName.MatchString(name) {
			for _, v := range values {
				_, credential, ok := strings.Cut(v, " ") // after the scheme
				if !ok {
					credential = v
				}
				a.known = append(a.known, credential)
			}
		}
	}
	return a
}

// secretName tells headers with credentials from the others that are set.
var secretName = regexp.MustCompile(`(?i)auth|token|key|secret|cookie`)

// secrets are the values that nobody else may see.
func (a *credentials) secrets() []string {
	a.mu.Lock()
	secret := a.secret
	a.mu.Unlock()
	all := a.known[:len(a.known):len(a.known)]
	if secret != "" {
		all = append(all, secret)
		if a.user != "" {
			all = append(all, strings.TrimPrefix(basic(a.user, secret), "Basic "))
		}
	}
	return all
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// apply sets the headers, over those that a caller may have set.
func (a *credentials) apply(h http.Header) error {
	for name, values := range a.fixed {
		h[name] = values
	}
	if a.file == "" {
		return nil
	}
	a.mu.Lock()
	secret := a.secret
	a.mu.Unlock()
	if secret == "" {
		if _, err := a.renew(); err != nil {
			return err
		}
		a.mu.Lock()
		secret = a.secret
		a.mu.Unlock()
	}
	if a.user != "" {
		h.Set("Authorization", basic(a.user, secret))
	} else {
		h.Set("Authorization", "Bearer "+secret)
	}
	return nil
}

// maxSecret is far over any token: a file that is larger is another one.
const maxSecret = 64 << 10

// renew reads the file again and reports whether it has something new.
func (a *credentials) renew() (changed bool, err error) {
	if a.file == "" {
		return false, nil
	}
	raw, err := readSecret(a.file)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return false, kit.Errorf(kit.FailedPrecondition, "reading the file of %s: %w", a.name, err).
			WithHint("whoever runs this server puts the secret there, alone and on one line")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	changed = a.secret != raw
	a.secret = raw
	return changed, nil
}

func readSecret(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	secret := string(bytes.TrimSpace(raw))
	switch {
	case secret == "":
		return "", errors.New("it is empty")
	case len(raw) > maxSecret:
		return "", errors.New("it is too large")
	case !validValue(secret):
		return "", errors.New("it has more than one line")
	}
	return secret, nil
}

// configured reports whether there is an Authorization to send.
func (a *credentials) configured() bool { return a.file != "" || a.fixed.Get("Authorization") != "" }
