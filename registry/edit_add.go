package registry

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// addShipped adds NAME: {from: shipped} to servers.
func (e *editor) addShipped(name ServerName) *edit {
	return e.addServer(name, "{from: shipped}", `{"from": "shipped"}`)
}

// addServer adds an entry to servers, and whatever is missing around it. quoted
// is how JSON writes value.
func (e *editor) addServer(name ServerName, value, quoted string) *edit {
	entry := string(name) + ": " + value
	d := &edit{what: "added " + entry}
	key, servers := e.find(e.root, "servers")
	switch {
	case e.root == nil || isNull(e.root):
		e.addLines(d, e.text.count(), "version: 1", "servers:", "  "+entry)
	case servers == nil && isFlow(e.root):
		e.addFlow(d, e.root, `servers: {`+entry+`}`, `"servers": {"`+string(name)+`": `+quoted+`}`)
	case servers == nil:
		// Root keys need not begin in column 1, only in the same one.
		margin := strings.Repeat(" ", e.root.Content[0].Column-1)
		added := []string{margin + "servers:", margin + "  " + entry}
		if version, _ := e.find(e.root, "version"); version == nil {
			added = append([]string{margin + "version: 1"}, added...)
		}
		e.addLines(d, e.endOf(nil), added...)
	case isNull(servers):
		e.addLines(d, key.Line, strings.Repeat(" ", key.Column+1)+entry)
	case isFlow(servers) && len(servers.Content) == 0 && !isFlow(e.root):
		return e.openFlow(d, key, servers, entry)
	case isFlow(servers):
		e.addFlow(d, servers, entry, `"`+string(name)+`": `+quoted)
	default:
		e.addLines(d, e.endOf(key), strings.Repeat(" ", servers.Content[0].Column-1)+entry)
	}
	return d
}

// addLines puts lines below a line; 0 is the top of the file.
func (e *editor) addLines(d *edit, below int, added ...string) {
	at := 0
	if below > 0 {
		at = e.text.end(below)
	}
	text := strings.Join(added, e.eol) + e.eol
	if at == len(e.data) && at > 0 && !bytes.HasSuffix(e.data, []byte("\n")) {
		text = e.eol + strings.TrimSuffix(text, e.eol) // a file without a last line end stays one
	}
	d.start, d.end, d.text = at, at, text
}

// addFlow puts an entry first into a mapping in braces; quoted is how JSON
// writes it.
func (e *editor) addFlow(d *edit, n *yaml.Node, plain, quoted string) {
	d.start = e.text.offset(n) + 1
	d.end, d.text = d.start, plain
	if e.isJSON() {
		d.text = quoted
	}
	if len(n.Content) > 0 {
		d.text += ", "
	}
}

// isJSON reports that the file is one mapping in braces with its keys in quotes.
func (e *editor) isJSON() bool {
	return isFlow(e.root) && len(e.root.Content) > 0 && e.root.Content[0].Style&yaml.DoubleQuotedStyle != 0
}

// openFlow makes lines of "servers: {}".
func (e *editor) openFlow(d *edit, key, servers *yaml.Node, entry string) *edit {
	start := e.text.offset(servers)
	closing := bytes.IndexByte(e.data[start:], '}')
	if closing < 0 || len(bytes.TrimSpace(e.data[start+1:start+closing])) > 0 {
		return nil // a comment inside the braces
	}
	end := start + closing + 1
	if !e.text.restBlank(end) || servers.Line != key.Line {
		return nil
	}
	// The line's own end and comment stay, so the edit reaches over them.
	rest := e.data[end:e.text.end(e.text.number(end))]
	d.start, d.end = start, end+len(rest)
	if len(bytes.TrimSpace(rest)) == 0 && bytes.HasSuffix(e.data[:start], []byte(" ")) {
		d.start-- // "servers: {}" becomes "servers:"
	}
	d.text = string(rest)
	if !bytes.HasSuffix(rest, []byte("\n")) {
		d.text += e.eol
	}
	d.text += strings.Repeat(" ", key.Column+1) + entry
	if bytes.HasSuffix(rest, []byte("\n")) {
		d.text += e.eol
	}
	return d
}

// endOf is the last line of what a root key holds, of the whole document for
// nil. Comments below it that are indented less than its entries belong to what
// follows.
func (e *editor) endOf(key *yaml.Node) int {
	line, after := e.text.count(), key == nil
	for i := 0; i < len(e.root.Content); i += 2 {
		if after && key != nil {
			line = e.root.Content[i].Line - 1
			break
		}
		after = after || e.root.Content[i] == key
	}
	if key == nil {
		return line
	}
	for line > key.Line && e.text.blank(line) && (len(e.text.of(line)) == 0 || e.text.indent(line) < key.Column) {
		line--
	}
	return line
}
