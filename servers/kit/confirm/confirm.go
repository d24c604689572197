// Package confirm makes the tokens of tools that destroy: the first call of
// such a tool returns a plan and a token, the second does it when it brings the
// token and nothing has changed in between.
//
// A token makes a caller look before it leaps. It is no approval by a human:
// that is the client's to ask for, by the annotations of the tool.
package confirm

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// Life is how long a token can be used.
const Life = 10 * time.Minute

// Tokens makes and checks the tokens of one process. One that another process
// made is not taken.
type Tokens struct {
	key [32]byte
	now func() time.Time

	mu    sync.Mutex
	spent map[string]time.Time // heads of tokens that were used, and until when those would be good; guarded by mu
}

// New makes tokens with a key of their own. now is time.Now when it is nil.
func New(now func() time.Time) *Tokens {
	t := &Tokens{now: now, spent: make(map[string]time.Time)}
	if t.now == nil {
		t.now = time.Now
	}
	rand.Read(t.key[:]) // does not fail
	return t
}

// Action is what is to be confirmed. Args are those the caller chose, without
// the token; Seen is the state that the plan was made from, such as the sha of
// a branch. Both are encoded as JSON.
type Action struct {
	Tool string
	Args any
	Seen any
}

// A token is a head and two sums over it. The head is the time until which it is
// good, and a number that no other token has.
const (
	timeSize = 8
	headSize = timeSize + 8
	macSize  = 12
)

// Token is what confirms a, for as long as [Life].
func (t *Tokens) Token(a Action) string {
	head := binary.BigEndian.AppendUint64(make([]byte, 0, headSize), uint64(t.now().Add(Life).Unix()))
	rand.Read(head[timeSize:headSize])
	head = head[:headSize]
	args, seen := t.macs(a, head)
	return base64.RawURLEncoding.EncodeToString(bytes.Join([][]byte{head, args, seen}, nil))
}

// Spend is [Tokens.Check] for the moment in which a is done: a token that was
// spent is not taken again, also when what it led to failed half way.
func (t *Tokens) Spend(token string, a Action) error {
	if err := t.Check(token, a); err != nil {
		return err
	}
	raw, _ := base64.RawURLEncoding.DecodeString(token) // Check has; it is the same with line breaks in it
	head := string(raw[:headSize])
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for old, until := range t.spent {
		if now.After(until) {
			delete(t.spent, old)
		}
	}
	if _, ok := t.spent[head]; ok {
		return again(a, "the token was used before")
	}
	t.spent[head] = now.Add(Life + time.Second)
	return nil
}

// again is an error that asks for a new plan.
func again(a Action, format string, v ...any) *kit.Error {
	return kit.Errorf(kit.ConfirmationRequired, format, v...).
		WithHint("call %s again without confirm, read its plan, and send the token of that", a.Tool)
}

// Check is nil when token confirms a. Its errors are [kit.Error]s that say what
// to do: a token of another call or of long ago needs a new plan; one from
// before a change is a conflict.
func (t *Tokens) Check(token string, a Action) error {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != headSize+2*macSize {
		return again(a, "confirm is no token of %s", a.Tool)
	}
	head := raw[:headSize]
	args, seen := t.macs(a, head)
	switch {
	case !hmac.Equal(raw[headSize:headSize+macSize], args):
		return again(a, "the token is for a call with other arguments, or of a server that was started anew")
	case t.now().Unix() > int64(binary.BigEndian.Uint64(head)):
		return again(a, "the token is older than %v", Life)
	case !hmac.Equal(raw[headSize+macSize:], seen):
		e := again(a, "it has changed since the plan was made")
		e.Code = kit.Conflict
		return e
	}
	return nil
}

func (t *Tokens) macs(a Action, head []byte) (args, seen []byte) {
	sum := func(parts ...any) []byte {
		h := hmac.New(sha256.New, t.key[:])
		h.Write(head)
		for _, part := range parts {
			raw, err := json.Marshal(part) // maps by key
			if err != nil {
				panic(fmt.Sprintf("confirming %s: %v", a.Tool, err)) // a struct of ours
			}
			h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(raw))))
			h.Write(raw)
		}
		return h.Sum(nil)[:macSize]
	}
	return sum("args", a.Tool, a.Args), sum("seen", a.Tool, a.Args, a.Seen)
}
