package registry

import (
	"fmt"
	"slices"
	"testing"
)

const withSecrets = `servers:
  a:
    command: x
    env:
      ONE: ${secret:one}
      BOTH: ${secret:two?}:${secret:one}:${env:HOME}
      AGAIN: $<secret:two>
  b: {url: "https://example.test", headers: {Authorization: "Bearer ${secret:one?}"}}
  c: {command: x, enabled: false, env: {PRICE: "$${secret:one}"}}
  d:
    command: x
    targets: {codex: {env: {T: "${secret:two}", GONE: }}, zed: {args: [y]}}
`

func TestSecretRefs(t *testing.T) {
	r := parse(t, withSecrets)
	for name, want := range map[ServerName]string{"a": "[${secret:one} ${secret:two}]", "b": "[${secret:one?}]", "c": "[]"} {
		s, _ := r.Server(name)
		if got := fmt.Sprint(s.SecretRefs()); got != want {
			t.Errorf("SecretRefs of %s = %s, want %s", name, got, want)
		}
	}
}

// A variable that a target takes out has no value.
func TestValues(t *testing.T) {
	var got []string
	for _, v := range Values("r.yaml", []byte("servers: {a: {env: {A: b}, targets: {codex: {env: {TOKEN: null, C: d}, headers: {E: }}}}}")) {
		got = append(got, v.Name+"="+v.Text)
	}
	if want := []string{"A=b", "C=d"}; !slices.Equal(got, want) {
		t.Errorf("Values = %q, want %q", got, want)
	}
}

func TestSecretUses(t *testing.T) {
	var got []string
	for _, use := range SecretUses("r.yaml", []byte(withSecrets)) {
		got = append(got, fmt.Sprintf("%s %s %s", use.Pos, use.Server, use.Ref))
	}
	want := []string{
		"r.yaml:5:12 a ${secret:one}", "r.yaml:6:13 a ${secret:two?}", "r.yaml:6:13 a ${secret:one}", "r.yaml:7:14 a ${secret:two}",
		"r.yaml:8:61 b ${secret:one?}", "r.yaml:12:32 d ${secret:two}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("SecretUses = %q\nwant %q", got, want)
	}
	for _, odd := range []string{"", "x", "servers: []", "servers: {a: b, c: {env: [x], headers: {y: [z]}}}", "servers: {", "servers: {a: {env: {X: '${secret:'}}}"} {
		if got := SecretUses("r.yaml", []byte(odd)); len(got) != 0 {
			t.Errorf("SecretUses(%q) = %v", odd, got)
		}
	}
}
