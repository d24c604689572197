package upstream

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

// Settings of one instance. Zero fields are not set.
type Settings struct {
	Instance     string // its name; empty when it is the only one
	URL          string // user:password@ in it is used
	Token        string // bearer token
	TokenFile    string // or the file that has it, read again when it is refused
	User         string // basic authentication
	Password     string
	PasswordFile string
	Tenant       string // X-Scope-OrgID
	Headers      http.Header
	CAFile       string // what the server's certificate is checked against, besides the system's
	CertFile     string // certificate for the client
	KeyFile      string
	Insecure     bool  // any certificate will do
	MaxBody      int64 // bytes of an answer; 8 MiB, 64 MiB at most

	prefix string // of its variables: PROMETHEUS_PROD_
}

// variable is a setting as the environment has it.
type variable struct {
	name, doc string
	set       func(*Settings, string) error
}

func text(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, v string) error { *field(s) = v; return nil }
}

var variables = []variable{
	{"URL", "base URL; user:password@ in it is used", text(func(s *Settings) *string { return &s.URL })},
	{"TOKEN", "bearer token", text(func(s *Settings) *string { return &s.Token })},
	{"TOKEN_FILE", "file with the bearer token, read again when it is refused", text(func(s *Settings) *string { return &s.TokenFile })},
	{"USER", "user of basic authentication", text(func(s *Settings) *string { return &s.User })},
	{"PASSWORD", "its password", text(func(s *Settings) *string { return &s.Password })},
	{"PASSWORD_FILE", "file with its password", text(func(s *Settings) *string { return &s.PasswordFile })},
	{"TENANT", "tenant, sent as X-Scope-OrgID", text(func(s *Settings) *string { return &s.Tenant })},
	{"HEADERS", `more headers: a JSON object, or "Name: value" on lines`, func(s *Settings, v string) (err error) {
		s.Headers, err = parseHeaders(v)
		return err
	}},
	{"CA_FILE", "PEM file of a CA to trust besides the system's", text(func(s *Settings) *string { return &s.CAFile })},
	{"CERT_FILE", "PEM file of a client certificate", text(func(s *Settings) *string { return &s.CertFile })},
	{"KEY_FILE", "PEM file of its key", text(func(s *Settings) *string { return &s.KeyFile })},
	{"INSECURE", "true: take any certificate (false)", func(s *Settings, v string) (err error) {
		if s.Insecure, err = strconv.ParseBool(v); err != nil {
			return fmt.Errorf("want true or false")
		}
		return nil
	}},
	{"MAX_BODY", "most that is read of an answer (8MiB, at most 64MiB)", func(s *Settings, v string) (err error) {
		s.MaxBody, err = parseSize(v)
		return err
	}},
}

// instancesDoc is how several instances are named.
const instancesDoc = "names of several instances, such as prod,staging; each then has its own variables with its name in them"

// Env are the variables of a service, for the help of its server.
func (s Service) Env() []kit.EnvVar {
	var list []kit.EnvVar
	for _, v := range variables {
		doc := v.doc
		switch {
		case v.name == "TENANT" && !s.Tenants:
			continue
		case v.name == "URL" && s.Default != "":
			doc += " (" + s.Default + ")"
		}
		list = append(list, kit.EnvVar{Name: s.Prefix + "_" + v.name, Doc: doc})
	}
	return append(list, kit.EnvVar{Name: s.Prefix + "_INSTANCES", Doc: instancesDoc + ": " + s.Prefix + "_PROD_URL"})
}

var instanceName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// FromEnv reads the settings of all instances: of one from PREFIX_URL and so
// on, or of those that PREFIX_INSTANCES names from PREFIX_NAME_URL and so on.
// Errors name the variable and never its value.
func FromEnv(prefix string, getenv func(string) string) ([]Settings, error) {
	names := strings.TrimSpace(getenv(prefix + "_INSTANCES"))
	if names == "" {
		s, err := read(Settings{prefix: prefix + "_"}, getenv)
		return []Settings{s}, err
	}
	for _, v := range variables {
		if name := prefix + "_" + v.name; getenv(name) != "" {
			return nil, fmt.Errorf("%s and %s_INSTANCES are both set: say whose it is, as %s_PROD_%s does", name, prefix, prefix, v.name)
		}
	}
	var all []Settings
	seen := make(map[string]bool)
	for part := range strings.SplitSeq(names, ",") {
		name := strings.ToLower(strings.TrimSpace(part))
		switch {
		case name == "":
			continue
		case !instanceName.MatchString(name):
			return nil, fmt.Errorf("%s_INSTANCES: %q is no name; write letters, digits and - such as prod,staging", prefix, name)
		case seen[name]:
			return nil, fmt.Errorf("%s_INSTANCES names %q twice", prefix, name)
		}
		seen[name] = true
		own := prefix + "_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
		s, err := read(Settings{Instance: name, prefix: own}, getenv)
		if err != nil {
			return nil, err
		}
		if s.URL == "" {
			return nil, fmt.Errorf("%sURL is not set, but %s_INSTANCES names %s", own, prefix, name)
		}
		all = append(all, s)
	}
	if all == nil {
		return nil, fmt.Errorf("%s_INSTANCES names no instance", prefix)
	}
	return all, nil
}

func read(s Settings, getenv func(string) string) (Settings, error) {
	for _, v := range variables {
		value := strings.TrimSpace(getenv(s.prefix + v.name))
		if value == "" {
			continue
		}
		if err := v.set(&s, value); err != nil {
			return s, fmt.Errorf("%s%s: %w", s.prefix, v.name, err)
		}
	}
	return s, s.check()
}

// check refuses what contradicts itself.
func (s *Settings) check() error {
	basic := s.User != "" || s.Password != "" || s.PasswordFile != ""
	both := func(a, b string) error {
		return fmt.Errorf("%s%s and %s%s are both set, want one", s.prefix, a, s.prefix, b)
	}
	switch {
	case s.Token != "" && s.TokenFile != "":
		return both("TOKEN", "TOKEN_FILE")
	case s.Password != "" && s.PasswordFile != "":
		return both("PASSWORD", "PASSWORD_FILE")
	case basic && (s.Token != "" || s.TokenFile != ""):
		return both("TOKEN", "USER")
	case basic && s.User == "":
		return fmt.Errorf("%sPASSWORD is set and %sUSER is not", s.prefix, s.prefix)
	case s.Headers.Get("Authorization") != "" && (basic || s.Token != "" || s.TokenFile != ""):
		return fmt.Errorf("%sHEADERS has an Authorization besides that of the other settings", s.prefix)
	case (s.CertFile == "") != (s.KeyFile == ""):
		return fmt.Errorf("%sCERT_FILE and %sKEY_FILE go together", s.prefix, s.prefix)
	case !validValue(s.Token) || !validValue(s.Tenant):
		return fmt.Errorf("%sTOKEN or %sTENANT has a control character", s.prefix, s.prefix)
	}
	return nil
}

// base is the URL without the credentials in it.
func (s *Settings) base() (*url.URL, *url.Userinfo, error) {
	if s.URL == "" {
		return nil, nil, nil
	}
	base, err := url.Parse(s.URL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, nil, fmt.Errorf("%sURL is no http or https URL", s.prefix) // not quoted: it may hold a password
	}
	user := base.User
	base.User, base.RawQuery, base.Fragment, base.RawFragment = nil, "", "", ""
	base.Path, base.RawPath = strings.TrimSuffix(base.Path, "/"), strings.TrimSuffix(base.RawPath, "/")
	return base, user, nil
}

// managed are the headers that the client itself decides.
var managed = map[string]bool{
	"Host": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Accept-Encoding": true,
	"Te": true, "Trailer": true, "Upgrade": true, "Proxy-Authorization": true, "Proxy-Connection": true,
}

// parseHeaders reads a JSON object of texts, or lines of "Name: value".
func parseHeaders(v string) (http.Header, error) {
	h := make(http.Header)
	add := func(name, value string) error {
		name, value = http.CanonicalHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case !headerName.MatchString(name):
			return fmt.Errorf("%q is no name of a header", name)
		case managed[name]:
			return fmt.Errorf("%s cannot be set", name)
		case !validValue(value):
			return fmt.Errorf("the value of %s has a control character", name)
		}
		h.Add(name, value)
		return nil
	}
	if strings.HasPrefix(v, "{") {
		var object map[string]string
		if json.Unmarshal([]byte(v), &object) != nil {
			return nil, fmt.Errorf("want a JSON object of texts")
		}
		for name, value := range object {
			if err := add(name, value); err != nil {
				return nil, err
			}
		}
		return h, nil
	}
	for line := range strings.SplitSeq(v, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf(`want "Name: value" on each line`)
		}
		if err := add(name, value); err != nil {
			return nil, err
		}
	}
	return h, nil
}

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func validValue(v string) bool {
	return !strings.ContainsFunc(v, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f })
}

const (
	defaultMaxBody = 8 << 20
	maxMaxBody     = 64 << 20
)

var sizePattern = regexp.MustCompile(`^([0-9]{1,9}) ?(?i:(Ki?B?|Mi?B?|B)?)$`)

func parseSize(v string) (int64, error) {
	m := sizePattern.FindStringSubmatch(v)
	if m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		switch unit := strings.ToUpper(m[2]); {
		case strings.HasPrefix(unit, "K"):
			n <<= 10
		case strings.HasPrefix(unit, "M"):
			n <<= 20
		}
		if n >= 1024 && n <= maxMaxBody {
			return n, nil
		}
	}
	return 0, fmt.Errorf("want a size from 1KiB to 64MiB such as 16MiB")
}
