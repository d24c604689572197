package main

import (
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/redact"
)

// shortener cuts a text to a number of runes.
type shortener func(text string, most int) string

// shorten takes credentials out of a text of others before it cuts it: the kit,
// which sees the answer, does not know half of one.
func (l *loki) shorten(text string, most int) string {
	if len(text) > most {
		r := redact.Redactor{Secrets: l.client.instances.Secrets}
		text, _ = r.Text(text)
	}
	return kit.Shorten(text, most)
}
