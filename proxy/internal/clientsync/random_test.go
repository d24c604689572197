package clientsync

import (
	"os"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile/configfiletest"
)

// Whatever is in a file: sync, another entry and unsync give its bytes back, also
// when somebody puts lines before and behind all of it meanwhile.
func TestRandomAndBack(t *testing.T) {
	for client, kind := range map[string]func(*configfiletest.Random) string{
		"claude":   (*configfiletest.Random).JSON,
		"codex":    (*configfiletest.Random).TOML,
		"goose":    func(r *configfiletest.Random) string { return r.YAML(false) },
		"continue": func(r *configfiletest.Random) string { return r.YAML(true) },
	} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(25) {
				text := kind(configfiletest.New(seed))
				if strings.TrimSpace(text) == "" {
					continue // a file that is not there
				}
				r := newRig(t, client, text)
				r.target.Key = []string{"m"}
				if c := r.sync(false, "proxy"); c.State == Unreadable && strings.Contains(c.Detail, "the file ends inside") {
					continue
				}
				r.sync(false, "proxy", "x")
				if r.sync(false); r.content() != text {
					t.Fatalf("seed %d: %s", seed, lineDiff(text, r.content()))
				}
				r.sync(false, "proxy")
				mark, rest := "", r.content()
				if strings.HasPrefix(rest, "\ufeff") {
					mark, rest = rest[:3], rest[3:]
				}
				os.WriteFile(r.path, []byte(mark+"\n\n"+rest+"\n"), 0o600)
				r.sync(false, "proxy", "y")
				want := mark + "\n\n" + strings.TrimPrefix(text, mark) + "\n"
				if r.sync(false); r.content() != want {
					t.Fatalf("seed %d, with lines around it: %s", seed, lineDiff(want, r.content()))
				}
			}
		})
	}
}
