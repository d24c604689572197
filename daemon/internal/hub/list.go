package hub

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/catalog"
)

// list is one list as it is sent.
type list struct {
	legacy []byte
	modern func() []byte // made when it is first asked for: few clients are modern
	tag    string
}

// List is the whole result of the list method of that kind, for the modern era
// with what it demands of a list. It must not be changed.
func (v *View) List(k catalog.Kind, modern bool) []byte {
	if modern {
		return v.lists[k].modern()
	}
	return v.lists[k].legacy
}

// ListTag changes when the list of that kind does.
func (v *View) ListTag(k catalog.Kind) string { return v.lists[k].tag }

// newList puts definitions in a row. info is the serverInfo that the modern era
// has in every result (2026-07-28, "Results"). Such a list is stale at once and
// for nobody else: the client hears of a change when it listens, and asks again
// when it does not.
func newList(k catalog.Kind, defs [][]byte, info []byte) list {
	size := 64
	for _, d := range defs {
		size += len(d) + 1
	}
	b := append(make([]byte, 0, size), `{"`+k.List().Member+`":[`...)
	for i, d := range defs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, d...)
	}
	b = append(b, "]}"...)
	sum := sha256.Sum256(b)
	return list{legacy: b, tag: hex.EncodeToString(sum[:8]), modern: sync.OnceValue(func() []byte {
		const head, tail = `,"resultType":"complete","ttlMs":0,"cacheScope":"private","_meta":{"` + mcp.MetaServerInfo + `":`, "}}"
		m := append(make([]byte, 0, len(b)+len(head)+len(info)+len(tail)), b[:len(b)-1]...)
		return append(append(append(m, head...), info...), tail...)
	})}
}
