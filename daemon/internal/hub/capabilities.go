package hub

import (
	"github.com/loom-core/loom/core/jsonrpc"
)

// capabilities are what servers declare beyond what Loom declares anyway. The
// zero value has none.
type capabilities struct {
	experimental members
	extensions   members
	tasks        tasks
}

// members is an object of what several servers say. Of two that say something
// of one name the first counts.
type members struct {
	names  map[string]bool
	object []byte // without its braces
}

// tasks is what any of the servers does for tasks (2025-11-25, "Tasks").
type tasks struct{ declared, list, cancel, call bool }

// merge adds the capabilities of a server, raw; nil for none.
func (c *capabilities) merge(raw []byte) {
	all := jsonrpc.Span{End: len(raw)}
	if value, ok := jsonrpc.Find(raw, all, "experimental"); ok {
		c.experimental.merge(raw, value)
	}
	if value, ok := jsonrpc.Find(raw, all, "extensions"); ok {
		c.extensions.merge(raw, value)
	}
	value, ok := jsonrpc.Find(raw, all, "tasks")
	if !ok || raw[value.Start] != '{' {
		return
	}
	declares := func(path ...string) bool {
		at, ok := jsonrpc.Find(raw, value, path...)
		text := string(at.Of(raw))
		return ok && text != "null" && text != "false"
	}
	c.tasks.declared = true
	c.tasks.list = c.tasks.list || declares("list")
	c.tasks.cancel = c.tasks.cancel || declares("cancel")
	c.tasks.call = c.tasks.call || declares("requests", "tools", "call")
}

func (m *members) merge(raw []byte, object jsonrpc.Span) {
	jsonrpc.Members(raw, object, func(name string, value jsonrpc.Span) bool {
		if m.names == nil {
			m.names = map[string]bool{}
		}
		if m.names[name] {
			return true
		}
		m.names[name] = true
		if len(m.object) > 0 {
			m.object = append(m.object, ',')
		}
		m.object = append(append(append(m.object, jsonrpc.Quote(name)...), ':'), value.Of(raw)...)
		return true
	})
}

// into adds c to the capabilities in a result of initialize or server/discover.
func (c *capabilities) into(result []byte) []byte {
	at, ok := jsonrpc.Find(result, jsonrpc.Span{End: len(result)}, "capabilities")
	more := c.raw()
	if !ok || len(more) == 0 {
		return result
	}
	end := jsonrpc.Span{Start: at.End - 1, End: at.End - 1} // Loom's own are never empty
	return jsonrpc.Splice(nil, result, jsonrpc.Edit{Span: end, With: more})
}

// raw is c as further members, each with a comma before it.
func (c *capabilities) raw() (b []byte) {
	if c.tasks.declared {
		b = append(b, `,"tasks":`...)
		b = append(b, c.tasks.raw()...)
	}
	for _, m := range []struct {
		name string
		of   members
	}{{"experimental", c.experimental}, {"extensions", c.extensions}} {
		if len(m.of.object) > 0 {
			b = append(append(append(b, `,"`+m.name+`":{`...), m.of.object...), '}')
		}
	}
	return b
}

func (t tasks) raw() []byte {
	b := []byte{'{'}
	for _, m := range []struct {
		is   bool
		text string
	}{{t.list, `"list":{}`}, {t.cancel, `"cancel":{}`}, {t.call, `"requests":{"tools":{"call":{}}}`}} {
		if !m.is {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, m.text...)
	}
	return append(b, '}')
}
