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
		{"Cline", `{"mcpServers": {"c": {"transport": {"type": "stdio", "command": "x", "args": ["$b"]}}}}`, []Server{{Name: "c", Entry: registry.New{Command: "x", Args: []string{"${env:b}"}}}}},
		{"what only a client knows", `{"mcpServers": {"w": {"command": "x", "args": ["${workspaceFolder}/src", "sh", "echo $HOME", "$LANG"], "cwd": "${workspaceFolder}", "env": {"H": "${userHome}/x", "DIRS": "[\"/tmp\"]"}, "oauth": false}}}`,
			[]Server{{Name: "w", Entry: registry.New{Command: "x", Args: []string{"./src", "sh", "echo $$HOME", "${env:LANG}"}, Env: env{{Name: "H", Value: "${env:HOME}/x"}, {Name: "DIRS", Value: `["/tmp"]`}}}}}},
		{"Zed's older form", `{"context_servers": {"z": {"command": {"path": "pg", "args": ["x"]}, "env": {"DATABASE_URL": "<URL>"}}}}`,
			[]Server{{Name: "z", Entry: registry.New{Command: "pg", Args: []string{"x"}, Env: env{{Name: "DATABASE_URL", Value: "${secret:z-database-url}"}}}, Secrets: []Secret{{Name: "z-database-url", For: "DATABASE_URL"}}}}},
		{"a variable of its own", `{"mcpServers": {"r": {"command": "npx", "args": ["mcp-remote", "https://x/mcp", "--header", "Authorization:${AUTH_HEADER}"], "env": {"AUTH_HEADER": "Bearer <t>"}}}}`,
			[]Server{{Name: "r", Entry: registry.New{Command: "npx", Args: []string{"mcp-remote", "https://x/mcp", "--header", "Authorization:$${AUTH_HEADER}"}, Env: env{{Name: "AUTH_HEADER", Value: "Bearer ${secret:r-auth-header}"}}},
				Secrets: []Secret{{Name: "r-auth-header", For: "AUTH_HEADER"}}}}},
		{"a variable behind a word", `{"mcpServers": {"s": {"httpUrl": "https://h/mcp", "headers": {"Authorization": "Bearer $S_TOKEN"}}}}`,
			[]Server{{Name: "s", Entry: registry.New{URL: "https://h/mcp", Headers: env{{Name: "Authorization", Value: "Bearer ${secret:s-authorization}"}}}, Secrets: []Secret{{Name: "s-authorization", For: "Authorization"}}}}},
		{"tokens of an example", `{"mcpServers": {"e": {"command": "x", "env": {"A_TOKEN": "ghp_xxxxxxxxxxxx", "B_KEY": "sk-...", "C": "{file:~/.key}"}}}}`,
			[]Server{{Name: "e", Entry: registry.New{Command: "x", Env: env{{Name: "A_TOKEN", Value: "${secret:e-a-token}"}, {Name: "B_KEY", Value: "${secret:e-b-key}"}, {Name: "C", Value: "${secret:e-c}"}}},
				Secrets: []Secret{{Name: "e-a-token", For: "A_TOKEN"}, {Name: "e-b-key", For: "B_KEY"}, {Name: "e-c", For: "C"}}}}},
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
		`{"mcpServers": {"a": {"url": "https://h/sse", "type": "sse"}}}`:                                                "HTTP+SSE",
		`{"mcpServers": {"a": {"url": "https://h", "oauth": {}}}}`:                                                      "OAuth",
		`{"command": "x", "url": "https://h"}`:                                                                          "a command and a url",
		`{"mcpServers": {"a": {"command": "x", "args": ["--key", "<KEY>"]}}}`:                                           "the argument 2",
		`{"mcpServers": {"a": {"command": "x", "args": ["-e", "KEY=<KEY>"]}}}`:                                          "the argument 2 (KEY) stands for something",
		`{"mcpServers": {"a": {"command": "x", "args": ["--api-key=${input:k}"]}}}`:                                     "the argument 1 (api-key) stands for a secret",
		`{"mcpServers": {"a": {"command": "docker", "args": ["-e", "A_TOKEN=${A_TOKEN}"], "env": {"A_TOKEN": "<T>"}}}}`: "the argument 2 (A_TOKEN) stands for a secret",
		`{"mcpServers": {"a": {"command": "x", "args": ["--token", "hunter2canary"]}}}`:                                 "the argument 2 (token) looks like a secret",
		`{"mcpServers": {"a": {"command": "x", "args": ["--header", "Authorization: Bearer ${API_TOKEN}"]}}}`:           "the argument 2 (Authorization) stands for a secret",
		`{"mcpServers": {"a": {"url": "https://h/mcp?api_key=hunter2canary"}}}`:                                         "the url holds a secret",
		`{"mcpServers": {"a": {"command": "x", "env": {"A": "${command:pick}"}}}}`:                                      "a: A: only its client knows what ${command:pick} is",
		`{"mcpServers": {"100%s": {"args": []}}}`:                                                                       "100%s: it has neither",
		`{"mcpServers": `: "reading the snippet",
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func TestIsSecret(t *testing.T) {
	for _, tc := range []struct {
		variable, value string
		want            bool
	}{
		{"API_KEY", "abcdef123456", true}, {"TOKEN", "abc", true}, {"GITHUB_URL", "https://github.com", false},
		{"TOKEN_FILE", "tokenfile", false}, {"LOG_LEVEL", "debug", false}, {"MAX_TOKENS", "100000", false},
		{"X", strings.Join([]string{"sk", "abc"}, "-"), true}, {"PATHS", "/usr/bin/very/long/path/of/a/program", false},
		{"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLEKEY", true}, {"DATABASE_URL", "postgres://me:pw@db/x", true},
		{"K", "-----BEGIN PRIVATE" + " KEY-----\nMII", true}, {"PASSWORD", "two words", true}, {"FEED_URL", "https://h/x?api_key=abc", true},
		{"GOOGLE_APPLICATION_CREDENTIALS", "/home/me/key.json", false}, {"AUTHOR", "jane.smith", false}, {"AUTH", "basic", false},
		{"AUTH_SERVER", "https://h/login", false}, {"MONKEY", "banana", false}, {"TOKENIZER", "gpt2", false}, {"ACCESSTOKEN2", "abcdef", true}, {"PRIVATE_REPOS", "mine", false}, {"X-Api-Key", "abc123", true}, {"API_KEY", "", false},
		{"X", "q8Zr3LmW0xYt7BnVc5KdJf2H", true}, {"AUTH_ENABLED", "true", false}, {"NAME", "a-perfectly-normal-name-for-things", false},
	} {
		if got := IsSecret(tc.variable, tc.value); got != tc.want {
			t.Errorf("IsSecret(%s, %s) = %v", tc.variable, tc.value, got)
		}
	}
}

// Two servers without a name of their own do not share what both call API_KEY.
func TestRename(t *testing.T) {
	got, err := Parse(`{"url": "https://h", "headers": {"X-Api-Key": "<KEY>", "Authorization": "Bearer <KEY>"}}`)
	if err != nil {
		t.Fatal(err)
	}
	got[0].Rename("wiki")
	want := Server{Name: "wiki", Entry: registry.New{URL: "https://h", Headers: env{{Name: "X-Api-Key", Value: "${secret:wiki-x-api-key}"}, {Name: "Authorization", Value: "Bearer ${secret:wiki-authorization}"}}},
		Secrets: []Secret{{Name: "wiki-x-api-key", For: "X-Api-Key"}, {Name: "wiki-authorization", For: "Authorization"}}}
	if diff := cmp.Diff(want, got[0], cmp.Comparer(func(a, b secret.Value) bool { return a.Equal(b) })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
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
