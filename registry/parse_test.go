package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
)

// corpus are the files of testdata, bad ones end in .bad.yaml.
func corpus(t testing.TB, bad bool) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		if strings.HasSuffix(path, ".bad.yaml") != bad {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = data
	}
	return files
}

func TestParseGood(t *testing.T) {
	for name, data := range corpus(t, false) {
		t.Run(name, func(t *testing.T) {
			r, err := Parse(name, data)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			encoder := json.NewEncoder(&out)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(r); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, strings.TrimSuffix(name, ".yaml")+".golden", out.Bytes())
		})
	}
}

func TestParseBad(t *testing.T) {
	for name, data := range corpus(t, true) {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(name, data)
			var invalid *ValidationError
			if !errors.As(err, &invalid) {
				t.Fatalf("Parse = %v, want a ValidationError", err)
			}
			golden.Check(t, strings.TrimSuffix(name, ".yaml")+".golden", []byte(err.Error()+"\n"))
		})
	}
}

func TestParseSize(t *testing.T) {
	large := bytes.Repeat([]byte("#"), MaxSize)
	if _, err := Parse("r.yaml", large); err != nil {
		t.Errorf("a file of MaxSize: %v", err)
	}
	_, err := Parse("r.yaml", append(large, '#'))
	if want := "r.yaml:1:1: the file is over 1048576 bytes, which no registry needs"; err == nil || err.Error() != want {
		t.Errorf("a larger file: %v, want %s", err, want)
	}
}

// A small file that would expand to a billion nodes is refused, and at once.
func TestParseAliasBomb(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 10) + "]\n"
	}
	_, err := Parse("bomb.yaml", []byte(bomb))
	if err == nil || !strings.Contains(err.Error(), "the anchor &a is refused") {
		t.Errorf("Parse = %v", err)
	}
}

// Mistakes on one long line take time in proportion to the line, not to its
// square: this took four minutes.
func TestParseManyMistakesOnOneLine(t *testing.T) {
	text := "servers: {a: {command: x, args: [" + strings.Repeat("'${x}',", 100000) + "]}}"
	_, err := Parse("r.yaml", []byte(text))
	var invalid *ValidationError
	if !errors.As(err, &invalid) {
		t.Fatalf("Parse = %v, want a ValidationError", err)
	}
	if len(invalid.Problems) != 100000 {
		t.Errorf("Parse reports %d problems, want 100000", len(invalid.Problems))
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.yaml")
	if r, err := Load(missing, false); err != nil || len(r.Servers) != 0 || r.Path != missing || r.LearnWait != defaultLearnWait {
		t.Errorf("Load of a missing file = %+v, %v", r, err)
	}
	_, err := Load(missing, true)
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "reading registry: ") {
		t.Errorf("Load of a missing file that must exist: %v", err)
	}
	if _, err := Load(dir, false); err == nil {
		t.Error("Load of a folder succeeded")
	}
	path := filepath.Join(dir, "registry.yaml")
	if err := os.WriteFile(path, []byte("servers: {a: {command: x}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := r.Server("a")
	if !ok || s.Pos.String() != path+":1:11" {
		t.Errorf("Server(a) = %+v, %v", s, ok)
	}
	if _, ok := r.Server("b"); ok {
		t.Error("Server(b) was found")
	}
}

// FuzzParse: nothing panics, what parses keeps the promises of its types, and
// every problem has a place in the file.
func FuzzParse(f *testing.F) {
	for _, bad := range []bool{false, true} {
		for _, data := range corpus(f, bad) {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse("f.yaml", data)
		if err != nil {
			var invalid *ValidationError
			if !errors.As(err, &invalid) || len(invalid.Problems) == 0 {
				t.Fatalf("Parse: %v", err)
			}
			lines := 2 + strings.Count(string(data), "\n") + strings.Count(string(data), "\r") +
				strings.Count(string(data), "\u0085") + strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029")
			for _, p := range invalid.Problems {
				if p.Pos.File != "f.yaml" || p.Pos.Line < 1 || p.Pos.Line > lines || p.Pos.Column < 1 || p.Message == "" {
					t.Fatalf("a problem without a place: %+v", p)
				}
			}
			return
		}
		for _, s := range r.Servers {
			if !serverName.MatchString(string(s.Name)) || len(s.Name) > maxServerName || s.Name == reservedName || s.Enabled && (s.Command == "") == (s.URL == "") ||
				s.Timeout <= 0 || s.Drain <= 0 || s.MaxResult < 0 || s.MaxStructured < 0 || s.Limits.Memory < 0 || s.Limits.Processes < 0 || s.IdleTimeout < 0 || s.Concurrency < 1 || s.Share == "" {
				t.Fatalf("got %+v", s)
			}
			for _, rule := range s.Tools {
				if rule.Alias != "" && (isGlob(rule.Pattern) || !aliasName.MatchString(rule.Alias) || len(s.Name)+len(separator)+len(rule.Alias) > maxExposed) {
					t.Fatalf("got %+v", rule)
				}
			}
		}
		for client := range r.Clients {
			if _, err := r.ProfileFor(client, ""); err != nil {
				t.Fatal(err)
			}
		}
	})
}
