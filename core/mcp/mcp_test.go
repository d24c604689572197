package mcp

import (
	"encoding/json"
	"testing"
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
