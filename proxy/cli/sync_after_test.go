package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/target"
)

func TestGeminiTrusts(t *testing.T) {
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(home, ".gemini", "trustedFolders.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "src", "a")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(home, "src"), filepath.Join(home, "link")); err != nil {
		t.Fatal(err)
	}
	for rules, want := range map[string]bool{
		"":                                 false,
		"{":                                false,
		`{"HOME/src/a": "TRUST_FOLDER"}`:   true,
		`{"HOME/src/a/": "TRUST_FOLDER"}`:  true,
		`{"HOME/src": "TRUST_FOLDER"}`:     true,
		`{"HOME/link/a": "TRUST_FOLDER"}`:  true,
		`{"HOME/src/b": "TRUST_FOLDER"}`:   false,
		`{"HOME/src/b": "TRUST_PARENT"}`:   true,
		`{"HOME/src/a/b": "TRUST_FOLDER"}`: false,
		`{"HOME/sr": "TRUST_FOLDER"}`:      false,
		`{"HOME/src/a": "DO_NOT_TRUST"}`:   false,
		`{"HOME/src": "TRUST_FOLDER", "HOME/src/a": "DO_NOT_TRUST"}`: false,
	} {
		os.WriteFile(path, []byte(strings.ReplaceAll(rules, "HOME", home)), 0o600)
		if got := geminiTrusts(target.Host{Home: home}, dir); got != want {
			t.Errorf("%s: %v", rules, got)
		}
	}
}
