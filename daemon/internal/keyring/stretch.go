package keyring

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"

	jose "github.com/dvsekhvalnov/jose2go"
)

// rounds is how often a passphrase is hashed: what is recommended for PBKDF2 with
// SHA-256 today. The library's own number is 8,192.
var rounds = 600_000

// maxRounds bounds what a changed file can have us do.
const maxRounds = 4_000_000

// stretched is the key management of the file backend, PBES2-HS256+A128KW of RFC
// 7518, as jose has it but for two things: there are more rounds, and they are
// done once for a store. Its files share a salt, which each of them has in its
// header, so that none needs another to be read. Each has a key of its own.
type stretched struct {
	wrap jose.JwaAlgorithm // A128KW

	mu   sync.Mutex
	salt []byte            // of the file that was read last
	keys map[string][]byte // what was derived, by salt, rounds and passphrase
}

// stretch puts it in the place of jose's own.
var stretch = sync.OnceFunc(func() {
	wrap := jose.DeregisterJwa(jose.A128KW)
	jose.RegisterJwa(wrap)
	jose.RegisterJwa(&stretched{wrap: wrap, keys: map[string][]byte{}})
})

func (s *stretched) Name() string { return jose.PBES2_HS256_A128KW }

func (s *stretched) WrapNewKey(bits int, passphrase any, header map[string]any) (key, wrapped []byte, err error) {
	s.mu.Lock()
	if s.salt == nil {
		s.salt = make([]byte, 16)
		_, _ = rand.Read(s.salt) // never fails
	}
	salt := s.salt
	s.mu.Unlock()
	header["p2c"], header["p2s"] = rounds, base64.RawURLEncoding.EncodeToString(salt)
	kek, err := s.derive(passphrase, salt, rounds)
	if err != nil {
		return nil, nil, err
	}
	return s.wrap.WrapNewKey(bits, kek, header)
}

func (s *stretched) Unwrap(wrapped []byte, passphrase any, bits int, header map[string]any) ([]byte, error) {
	count, ok := header["p2c"].(float64)
	text, isText := header["p2s"].(string)
	if !ok || !isText || count < 1 || count > maxRounds {
		return nil, errors.New("the header has no salt, or no sensible number of rounds")
	}
	salt, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	kek, err := s.derive(passphrase, salt, int(count))
	if err != nil {
		return nil, err
	}
	key, err := s.wrap.Unwrap(wrapped, kek, bits, header)
	if err == nil {
		s.mu.Lock()
		s.salt = salt
		s.mu.Unlock()
	}
	return key, err
}

func (s *stretched) derive(passphrase any, salt []byte, count int) ([]byte, error) {
	text, ok := passphrase.(string)
	if !ok {
		return nil, errors.New("the passphrase is no text")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprintf("%x %d %s", salt, count, text)
	if kek, ok := s.keys[id]; ok {
		return kek, nil
	}
	kek, err := pbkdf2.Key(sha256.New, text, append([]byte(s.Name()+"\x00"), salt...), count, 16)
	if err == nil {
		s.keys[id] = kek
	}
	return kek, err
}
