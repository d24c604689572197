package testbed_test

import (
	"os"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// TestValidateKnowsTokens: a vendor's token is found by its shape alone, wherever it
// stands, by the real loom-scan; and is never printed.
func TestValidateKnowsTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("builds loom-scan: run without -short")
	}
	t.Parallel()
	bin := t.TempDir()
	if err := testbed.Build(t.Context(), func(line string) { t.Log(line) }, bin, testbed.Scan); err != nil {
		t.Fatal(err)
	}
	token := strings.Join([]string{"ghp", "0123456789abcdefABCDEF0123456789abcd"}, "_") // not as one, for those who scan this file
	w := testbed.New(t, options(t))
	w.Registry("\nservers:\n  fake: {command: @fake, share: global, env: {PLAIN: " + token + "}} # or " + token + "\n")
	out := w.Run(testbed.Command{Args: []string{"validate"}, Env: []string{"PATH=" + bin + ":" + os.Getenv("PATH")}})
	if out.Code != 1 || !strings.Contains(out.Stdout, "a secret in plain text (github-pat)") || strings.Contains(out.Stdout+out.Stderr, token) {
		t.Errorf("exit status %d\n%s%s", out.Code, out.Stdout, out.Stderr)
	}
}
