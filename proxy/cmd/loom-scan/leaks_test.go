package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// tokens have the shape of real ones. They are put together here, so that this file
// holds none.
func tokens() map[string]string {
	letters := "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
	return map[string]string{
		"github-pat":                    "ghp" + "_" + letters + "zA9b",
		"gitlab-pat":                    "glpat" + "-" + letters[:20],
		"aws-access-token":              "AKIA" + "Z7VRSQ5TJN2XMPLQ",
		"slack-bot-token":               "xoxb" + "-123456789012-1234567890123-" + letters[:24],
		"npm-access-token":              "npm" + "_" + letters + "z9a8",
		"stripe-access-token":           "sk_live" + "_" + letters[:24],
		"private-key":                   "-----BEGIN RSA " + "PRIVATE KEY-----\n" + strings.Repeat(letters+letters+"\n", 4) + "-----END RSA PRIVATE KEY-----",
		"grafana-service-account-token": "glsa" + "_" + letters + "_" + "a1b2c3d4",
	}
}

func TestFindsWhatVendorsGive(t *testing.T) {
	missed := 0
	for rule, token := range tokens() {
		text := "servers:\n  a:\n    env:\n      VALUE: " + strings.ReplaceAll(token, "\n", "\n        ") + "\n"
		found, err := find([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			missed++
			t.Errorf("%s was not found", rule)
			continue
		}
		if f := found[0]; f.Line != 4 || f.Column != 14 {
			t.Errorf("%s was found at %d:%d, want 4:14", f.Rule, f.Line, f.Column)
		}
		for _, f := range found {
			if strings.Contains(f.What+f.Rule, token) {
				t.Errorf("%s: the finding holds the value", rule)
			}
		}
	}
	t.Logf("%d kinds of token, %d missed", len(tokens()), missed)
}

func TestLeavesOthersAlone(t *testing.T) {
	wrong := 0
	for _, text := range []string{
		"ID: 123e4567-e89b-12d3-a456-426614174000", "IMAGE: x@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"TOKEN: ${secret:github-token}", "TOKEN: <YOUR_TOKEN>", "URL: https://example.com/path?x=1", "command: /usr/local/bin/mcp-server-github",
		"args: [-y, \"@modelcontextprotocol/server-github\"]", "ICON: data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
		"KEY: your-api-key-here", "token: ${env:GITHUB_TOKEN:-}", "PASSWORD: changeme",
	} {
		found, err := find([]byte("env:\n  " + text + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			wrong++
			t.Errorf("%s counts as %s", text, f.Rule)
		}
	}
	t.Logf("%d wrong", wrong)
}

func TestPrintsPlaces(t *testing.T) {
	var out, errs bytes.Buffer
	if code := scan(strings.NewReader("T: "+tokens()["github-pat"]+"\n"), &out, &errs); code != 0 {
		t.Fatalf("%d: %s", code, &errs)
	}
	var found []leak
	if err := json.Unmarshal(out.Bytes(), &found); err != nil || len(found) != 1 || found[0].Line != 1 || found[0].Column != 4 {
		t.Errorf("%v, %s", err, &out)
	}
	if strings.Contains(out.String(), "ghp_") {
		t.Error("the value is printed")
	}
}
