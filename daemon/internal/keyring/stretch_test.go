package keyring

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	jose "github.com/dvsekhvalnov/jose2go"
)

func header(t *testing.T, path string) (h struct {
	Alg string
	Enc string
	P2c int
	P2s string
}) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err == nil {
		err = json.Unmarshal(text, &h)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestStretched: the files are what RFC 7518 says, with our number of rounds and
// one salt for the store, also in another process.
func TestStretched(t *testing.T) {
	if shipped < 600_000 {
		t.Errorf("users get %d rounds", shipped)
	}
	r := store(t)
	opts := options(t)
	opts.State = filepath.Dir(r.dir)
	for _, name := range []string{"a", "b"} {
		reply := ask(t, opts, `{"op":"set","backend":"file","dir":"`+r.dir+`","names":["`+name+`"],"value":"dmFsdWU=","passphrase":"`+right+`"}`)
		if reply.Error != nil {
			t.Fatal(reply.Error)
		}
	}
	check := header(t, filepath.Join(r.dir, checkItem))
	for _, name := range []string{"a", "b"} {
		h := header(t, filepath.Join(r.dir, name))
		if h.Alg != "PBES2-HS256+A128KW" || h.Enc != "A256GCM" || h.P2c != 2000 || h.P2s == "" || h.P2s != check.P2s {
			t.Errorf("%s has %+v, the check %+v", name, h, check)
		}
	}
	// jose's own algorithm reads it, as any other of the format would.
	stretch()
	ours := jose.DeregisterJwa(jose.PBES2_HS256_A128KW)
	defer jose.RegisterJwa(ours)
	jose.RegisterJwa(jose.NewPbse2HmacAesKWAlg(128, maxRounds, 0))
	raw, err := os.ReadFile(filepath.Join(r.dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if payload, _, err := jose.Decode(string(raw), right); err != nil || !strings.Contains(payload, "dmFsdWU=") {
		t.Errorf("jose reads %q, %v", payload, err)
	}
}

// TestManyRounds: a file that asks for more work than anybody would is damaged.
func TestManyRounds(t *testing.T) {
	stretch()
	s := jose.DeregisterJwa(jose.PBES2_HS256_A128KW)
	jose.RegisterJwa(s)
	for _, h := range []map[string]any{
		{}, {"p2c": 1e9, "p2s": "AAAA"}, {"p2c": 0.0, "p2s": "AAAA"}, {"p2c": 1000.0}, {"p2c": 1000.0, "p2s": "!"}, {"p2c": "1000", "p2s": "AAAA"},
	} {
		if _, err := s.Unwrap(make([]byte, 24), right, 256, h); err == nil {
			t.Errorf("%v was accepted", h)
		}
	}
}
