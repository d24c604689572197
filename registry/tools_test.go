package registry

import (
	"slices"
	"testing"
)

// A later layer may take an approval back, and what is off needs none.
func TestAlwaysAllowed(t *testing.T) {
	s := disk(t, map[string]string{
		"etc/registry.d/a.yaml": "servers: {db: {command: x, tools: {b: {always_allow: true}, a: {always_allow: true}, c: {always_allow: true}, d: {always_allow: true}}}}\n",
		"home/registry.yaml":    "servers: {db: {tools: {c: {always_allow: false}, d: {enabled: false}, e: {alias: f}}}}\n",
	})
	db, _ := load(t, s).Server("db")
	if got := db.AlwaysAllowed(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("allowed are %v", got)
	}
}
