package mcp

import (
	"encoding/json"
	"testing"
	"time"
)

func TestNegotiate(t *testing.T) {
	for asked, want := range map[string]string{"2024-11-05": "2024-11-05", LatestLegacy: LatestLegacy, Modern: LatestLegacy, "": LatestLegacy, "2099-01-01": LatestLegacy} {
		if got := Negotiate(asked); got != want {
			t.Errorf("Negotiate(%q) = %s, want %s", asked, got, want)
		}
		raw, err := InitializeResult(asked, "v1", "do")
		var r struct{ ProtocolVersion, Instructions string }
		if err != nil || json.Unmarshal(raw, &r) != nil || r.ProtocolVersion != want || r.Instructions != "do" {
			t.Errorf("InitializeResult(%q) = %s, %v", asked, raw, err)
		}
	}
}

// TestWhatClientsAreTold: both eras are told the same of what there is.
func TestWhatClientsAreTold(t *testing.T) {
	legacy, err := InitializeResult(LatestLegacy, "v1", "do")
	if err != nil {
		t.Fatal(err)
	}
	const can = `"capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{},"logging":{}}`
	const who = `{"name":"loom","title":"Loom","version":"v1"}`
	if want := `{` + can + `,"instructions":"do","protocolVersion":"2025-11-25","serverInfo":` + who + `}`; string(legacy) != want {
		t.Errorf("initialize:\n got %s\nwant %s", legacy, want)
	}
	modern, err := DiscoverResult("v1", "do", 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"_meta":{"io.modelcontextprotocol/serverInfo":` + who + `},"cacheScope":"private",` + can +
		`,"instructions":"do","resultType":"complete","supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"ttlMs":2000}`; string(modern) != want {
		t.Errorf("server/discover:\n got %s\nwant %s", modern, want)
	}
}
