package upstream

import (
	"net/http"
	"strings"
	"testing"
)

func environ(settings ...string) func(string) string {
	return func(name string) string {
		for _, s := range settings {
			if n, v, _ := strings.Cut(s, "="); n == name {
				return v
			}
		}
		return ""
	}
}

func TestFromEnv(t *testing.T) {
	one, err := FromEnv("X", environ("X_URL= http://a ", "X_TENANT=t", "X_INSECURE=true", "X_MAX_BODY=16MiB", "X_HEADERS=A: b\nC:d:e"))
	if err != nil || len(one) != 1 {
		t.Fatal(one, err)
	}
	if s := one[0]; s.Instance != "" || s.URL != "http://a" || s.Tenant != "t" || !s.Insecure || s.MaxBody != 16<<20 ||
		s.Headers.Get("A") != "b" || s.Headers.Get("c") != "d:e" {
		t.Errorf("%+v", s)
	}
	many, err := FromEnv("X", environ("X_INSTANCES=prod, eu-1", "X_PROD_URL=http://a", "X_PROD_TOKEN=t", "X_EU_1_URL=http://b"))
	if err != nil || len(many) != 2 || many[0].Instance != "prod" || many[1].Instance != "eu-1" || many[1].URL != "http://b" || many[1].Token != "" {
		t.Fatalf("%+v %v", many, err)
	}
	if none, err := FromEnv("X", environ()); err != nil || len(none) != 1 || none[0].URL != "" {
		t.Errorf("%+v %v", none, err)
	}
}

// What cannot be meant is refused at the start, and the value is not shown.
func TestFromEnvRefuses(t *testing.T) {
	for _, tc := range []struct{ settings, want string }{
		{"X_TOKEN=hunter2 X_TOKEN_FILE=f", "X_TOKEN and X_TOKEN_FILE"},
		{"X_TOKEN=hunter2 X_USER=u", "X_TOKEN and X_USER"},
		{"X_PASSWORD=hunter2", "X_PASSWORD is set and X_USER is not"},
		{"X_PASSWORD=hunter2 X_PASSWORD_FILE=f X_USER=u", "X_PASSWORD and X_PASSWORD_FILE"},
		{"X_HEADERS=Authorization:hunter2 X_TOKEN=t", "X_HEADERS has an Authorization"},
		{"X_HEADERS=hunter2", `want "Name: value"`}, {`X_HEADERS={"a":1}`, "JSON object of texts"},
		{"X_HEADERS=Host:hunter2", "Host cannot be set"}, {"X_HEADERS=a(b:hunter2", "no name of a header"},
		{"X_HEADERS=a:hun\x01ter2", "control character"}, {"X_TOKEN=hun\x01ter2", "control character"},
		{"X_CERT_FILE=f", "go together"}, {"X_INSECURE=maybe", "X_INSECURE: want true or false"},
		{"X_MAX_BODY=65MiB", "X_MAX_BODY"}, {"X_MAX_BODY=1", "X_MAX_BODY"}, {"X_MAX_BODY=lots", "X_MAX_BODY"},
		{"X_INSTANCES=prod", "X_PROD_URL is not set"}, {"X_INSTANCES=,", "names no instance"},
		{"X_INSTANCES=a,a X_A_URL=http://a", "twice"}, {"X_INSTANCES=a_b", "no name"},
		{"X_INSTANCES=prod X_TOKEN=hunter2 X_PROD_URL=http://a", "say whose it is, as X_PROD_TOKEN does"},
		{"X_URL=x://user:hunter2@a", "X_URL is no http"}, {"X_CA_FILE=missing", "X_CA_FILE"},
		{"X_CERT_FILE=missing X_KEY_FILE=missing", "X_CERT_FILE"}, {"X_CA_FILE=doc.go", "no PEM certificate"},
	} {
		_, err := Open(Service{Name: "X", Prefix: "X", Program: "mcp-x"}, environ(strings.Split(tc.settings, " ")...))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", tc.settings, err, tc.want)
		}
	}
}

func TestEnvNamesEverySetting(t *testing.T) {
	list := Service{Prefix: "X", Tenants: true}.Env()
	if len(list) != len(variables)+1 || list[0].Name != "X_URL" || list[len(list)-1].Name != "X_INSTANCES" {
		t.Errorf("%v", list)
	}
	if fewer := (Service{Prefix: "X", Default: "https://x.example"}).Env(); len(fewer) != len(list)-1 || fewer[0].Doc != list[0].Doc+" (https://x.example)" {
		t.Errorf("%v", fewer)
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("A: b\nC: d")
	f.Add(`{"A":"b"}`)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHeaders(text)
		if err != nil {
			return
		}
		r, _ := http.NewRequest("GET", "http://127.0.0.1", nil)
		r.Header = h
		var b strings.Builder
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		lines := 0
		for _, values := range h {
			lines += len(values)
		}
		if head, _, _ := strings.Cut(b.String(), "\r\n\r\n"); strings.Count(head, "\n") > lines+2 {
			t.Errorf("%q makes %q", text, head)
		}
	})
}
