package snippet

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

type env = []registry.EnvVar

func TestParse(t *testing.T) {
	token := strings.Join([]string{"ghp", "0123456789abcdefABCDEF0123456789abcd"}, "_") // not as one, for those who scan this file
	for _, tc := range []struct {
		name, in string
		want     []Server
	}{
		{"a README", `{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time", "--local-timezone=Europe/Paris"]}}}`,
			[]Server{{Name: "time", Entry: registry.New{Command: "uvx", Args: []string{"mcp-server-time", "--local-timezone=Europe/Paris"}}}}},
		{"without braces, comments, a trailing comma", "\"fs\": {\n  // here\n  \"command\": \"npx\", \"args\": [\"-y\", \"@x/fs\", \"/tmp\"],\n},\n",
			[]Server{{Name: "fs", Entry: registry.New{Command: "npx", Args: []string{"-y", "@x/fs", "/tmp"}}}}},
		{"a bare entry", `{"command": "docker", "args": ["run", "-i", "--rm", "x"], "type": "stdio"}`,
			[]Server{{Entry: registry.New{Command: "docker", Args: []string{"run", "-i", "--rm", "x"}}}}},
		{"a placeholder", `{"mcpServers": {"GitHub": {"command": "x", "env": {"GITHUB_TOKEN": "<YOUR_TOKEN>", "LEVEL": "debug", "N": 3}}}}`,
			[]Server{{Name: "GitHub", Entry: registry.New{Command: "x", Env: env{{Name: "GITHUB_TOKEN", Value: "${secret:github-token}"}, {Name: "LEVEL", Value: "debug"}, {Name: "N", Value: "3"}}},
				Secrets: []Secret{{Name: "github-token", For: "GITHUB_TOKEN"}}}}},
		{"a token", `{"mcpServers": {"g": {"command": "x", "env": {"T": "` + token + `"}}}}`,
			[]Server{{Name: "g", Entry: registry.New{Command: "x", Env: env{{Name: "T", Value: "${secret:g-t}"}}}, Secrets: []Secret{{Name: "g-t", For: "T", Value: secret.NewValue(token), Known: true}}}}},
		{"VS Code", `{"inputs": [{"id": "k", "type": "promptString"}], "servers": {"s": {"type": "http", "url": "https://h/mcp", "headers": {"Authorization": "Bearer ${input:k}", "X-A": "${env:A}"}}}}`,
			[]Server{{Name: "s", Entry: registry.New{URL: "https://h/mcp", Headers: env{{Name: "Authorization", Value: "Bearer ${secret:s-authorization}"}, {Name: "X-A", Value: "${env:A}"}}},
				Secrets: []Secret{{Name: "s-authorization", For: "Authorization"}}}}},
		{"opencode", `{"mcp": {"o": {"type": "local", "command": ["bun", "x", "srv"], "environment": {"A": "{env:A}"}, "enabled": true}}}`,
			[]Server{{Name: "o", Entry: registry.New{Command: "bun", Args: []string{"x", "srv"}, Env: env{{Name: "A", Value: "${env:A}"}}}}}},
		{"VS Code's settings", `{"mcp": {"servers": {"v": {"command": "x"}}}}`, []Server{{Name: "v", Entry: registry.New{Command: "x"}}}},
		{"Gemini", `{"mcpServers": {"r": {"httpUrl": "https://h/mcp", "timeout": 5, "odd": 1}}}`, []Server{{Name: "r", Entry: registry.New{URL: "https://h/mcp"}, Lost: []string{"odd"}}}},
		{"Cline", `{"mcpServers": {"c": {"transport": {"type": "stdio", "command": "x", "args": ["a$b"]}}}}`, []Server{{Name: "c", Entry: registry.New{Command: "x", Args: []string{"a${env:b}"}}}}},
		{"Claude", `{"mcpServers": {"c": {"command": "x", "env": {"A": "${A:-d}", "B": "5$", "API_KEY": "${API_KEY}"}}}}`,
			[]Server{{Name: "c", Entry: registry.New{Command: "x", Env: env{{Name: "A", Value: "${env:A:-d}"}, {Name: "B", Value: "5$$"}, {Name: "API_KEY", Value: "${secret:c-api-key}"}}},
				Secrets: []Secret{{Name: "c-api-key", For: "API_KEY"}}}}},
	} {
		got, err := Parse(tc.in)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, got, cmp.Comparer(func(a, b secret.Value) bool { return a.Equal(b) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]string{
		``:                                       "no server",
		`{"a": 1}`:                               "no server",
		`{"mcpServers": {}}`:                     "no server in it",
		`{"mcpServers": {"a": {"args": ["x"]}}}`: "a: it has neither a command nor a url",
		`{"mcpServers": {"a": {"url": "https://h/sse", "type": "sse"}}}`:      "HTTP+SSE",
		`{"mcpServers": {"a": {"url": "https://h", "oauth": {}}}}`:            "OAuth",
		`{"command": "x", "url": "https://h"}`:                                "a command and a url",
		`{"mcpServers": {"a": {"command": "x", "args": ["--key", "<KEY>"]}}}`: "the argument 2",
		`{"mcpServers": `: "reading the snippet",
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func TestIsSecret(t *testing.T) {
	for _, tc := range []struct {
		variable, value string
		want            bool
	}{
		{"API_KEY", "abcdef123456", true}, {"TOKEN", "abc", false}, {"GITHUB_URL", "https://github.com", false},
		{"TOKEN_FILE", "tokenfile", false}, {"LOG_LEVEL", "debug", false}, {"MAX_TOKENS", "100000", false},
		{"X", strings.Join([]string{"sk", "abc"}, "-"), true}, {"PATHS", "/usr/bin/very/long/path/of/a/program", false},
		{"X", "q8Zr3LmW0xYt7BnVc5KdJf2H", true}, {"AUTH_ENABLED", "true", false}, {"NAME", "a-perfectly-normal-name-for-things", false},
	} {
		if got := IsSecret(tc.variable, tc.value); got != tc.want {
			t.Errorf("IsSecret(%s, %s) = %v", tc.variable, tc.value, got)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{"GitHub": "github", "my_server": "my-server", "@x/y z": "x-y-z", "--": "", "averyveryverylongnameofaserver": "averyveryverylongnam"} {
		if got := Name(in); got != want {
			t.Errorf("Name(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzParse: no text panics, and no value that was taken for a secret is in the entry.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"mcpServers": {"a": {"command": "x", "env": {"TOKEN": "abcdefgh"}}}}`, `"a": {"url": "https://h", "headers": {"Authorization": "Bearer abcdefgh"}},`, `{"mcp": {"o": {"command": ["a", "$b${c:-d}"]}}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		servers, err := Parse(text)
		if err != nil {
			return
		}
		for _, s := range servers {
			for _, one := range s.Secrets {
				for _, v := range append(s.Entry.Env, s.Entry.Headers...) {
					if one.Known && v.Name == one.For && len(one.Value.Reveal()) > 5 && strings.Contains(v.Value, one.Value.Reveal()) && !strings.Contains("${secret:"+one.Name+"}", one.Value.Reveal()) {
						t.Fatalf("%q: %s holds the value of %s", text, v.Value, one.Name)
					}
				}
			}
		}
	})
}
