// Package configfiletest makes config files at random, in all the ways in which
// people write them: the same seed gives the same file. Each has mappings that may be
// there, be empty or be missing; the one called m is where an entry is to go.
package configfiletest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Random is a source of files.
type Random struct {
	*rand.Rand
	newline string
}

// New is the source that a seed gives.
func New(seed uint64) *Random {
	r := &Random{Rand: rand.New(rand.NewPCG(seed, 1)), newline: "\n"}
	if r.oneIn(4) {
		r.newline = "\r\n"
	}
	return r
}

func (r *Random) oneIn(n int) bool { return r.IntN(n) == 0 }

func pick[T any](r *Random, from ...T) T { return from[r.IntN(len(from))] }

// finished is a file of these lines: it may begin with a byte order mark, and may
// not end with a line end.
func (r *Random) finished(text string) string {
	if r.oneIn(4) {
		text = strings.TrimRight(text, "\n")
	}
	if r.oneIn(6) {
		text = "\ufeff" + text
	}
	return strings.ReplaceAll(text, "\n", r.newline)
}

func (r *Random) word() string {
	return pick(r, "a", "key", "long_key-name", "x1", "model", "env", "Z") + fmt.Sprint(r.IntN(1000))
}

// text is the inside of a text in double quotes, in all three formats.
func (r *Random) text() string {
	return pick(r, "", "plain", "with # hash", "with // slashes", "{\\\"m\\\": 1}", "[m.loom]", "a, b: c", "\\\\ and \\t", "ä 🚀", "m:", "- name: loom", "}", "/* no comment */")
}

// comment is what may stand in a comment.
func (r *Random) comment() string {
	return pick(r, "", "mine", "\"quotes\" and 'these'", "[m.loom]", "a: {b: 1}", "m = {}", "äö", "} ]")
}
