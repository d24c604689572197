package configfile

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (f *yamlFile) Set(path []string, value any) ([]Splice, error) {
	key, at, depth, err := f.find(path)
	if err != nil {
		return nil, err
	}
	if at == nil {
		at = &yaml.Node{Kind: yaml.MappingNode}
	}
	for i := len(path) - 1; i > depth; i-- {
		value = Object{{path[i], value}}
	}
	newline := lineEnd(f.data)
	if depth == len(path) { // in place of what is there
		start, end, err := f.block(key, at)
		if err != nil {
			return nil, err
		}
		if key == at { // of a list
			margin, _ := indentOf(f.data, start+bytes.IndexByte(f.data[start:], '-'))
			return []Splice{{start, end, f.terminated(end, yamlItem(path[depth-1], value, len(margin), newline), newline)}}, nil
		}
		return []Splice{{start, end, f.terminated(end, yamlMember(path[depth-1], value, key.Column-1, newline), newline)}}, nil
	}
	switch {
	case at == f.root || f.root == nil:
		margin := 0
		if f.root != nil {
			if margin, err = f.margin(at); err != nil {
				return nil, err
			}
		}
		end := len(f.data)
		if n := len(at.Content); n > 0 {
			if _, end, err = f.block(at.Content[n-2], at.Content[n-1]); err != nil {
				return nil, err
			}
		}
		return []Splice{{end, end, f.begun(end, newline) + yamlMember(path[depth], value, margin, newline)}}, f.openEnded(end)
	case isNothing(at) || len(at.Content) == 0: // "key:", "key: {}" or "key: []"
		line := f.lineOf(key)
		at, stop := f.offset(key)+len(key.Value), f.lineEndOf(line)
		rest := string(f.data[at:stop])
		if key.Style != 0 || !strings.HasPrefix(rest, ":") {
			return nil, &ShapeError{yamlPos(key), "this key is not written plainly; write it without quotes"}
		}
		comment := ""
		if i := strings.Index(rest, "#"); i >= 0 {
			comment = " " + strings.TrimRight(rest[i:], "\r\n")
		}
		return []Splice{{at, stop, ":" + comment + newline + yamlMember(path[depth], value, key.Column+1, newline)}}, nil
	}
	margin, err := f.margin(at)
	if err != nil {
		return nil, err
	}
	var end int
	var text string
	if last := at.Content[len(at.Content)-1]; at.Kind == yaml.SequenceNode {
		if _, end, err = f.block(last, last); err != nil {
			return nil, err
		}
		text = yamlItem(path[depth], value, margin, newline)
	} else {
		if _, end, err = f.block(at.Content[len(at.Content)-2], last); err != nil {
			return nil, err
		}
		text = yamlMember(path[depth], value, margin, newline)
	}
	return []Splice{{end, end, f.begun(end, newline) + text}}, f.openEnded(end)
}

func (f *yamlFile) Remove(path []string) ([]Splice, error) {
	key, at, depth, err := f.find(path)
	if err != nil || at == nil || depth < len(path) {
		return nil, err
	}
	start, end, err := f.block(key, at)
	if err != nil {
		return nil, err
	}
	splices := []Splice{{start, end, ""}}
	if keeper, around, _, err := f.find(path[:len(path)-1]); err != nil {
		return nil, err
	} else if keeper != nil && keeper != around { // the last of them: what is left is an empty one, and not null
		switch {
		case around.Kind == yaml.SequenceNode && len(around.Content) == 1:
			splices = append(splices, f.hollow(keeper, " []"))
		case around.Kind == yaml.MappingNode && len(around.Content) == 2:
			splices = append(splices, f.hollow(keeper, " {}"))
		}
	}
	return splices, nil
}

// hollow puts text behind a key, and behind its anchor or tag if it has one.
func (f *yamlFile) hollow(key *yaml.Node, text string) Splice {
	begin := f.offset(key)
	line := f.data[begin:f.lineEndOf(f.lineOf(key))]
	if comment := bytes.Index(line, []byte(" #")); comment >= 0 {
		line = line[:comment]
	}
	at := begin + len(bytes.TrimRight(line, " \t\r\n"))
	return Splice{at, at, text}
}

// margin is the number of blanks before the members of a mapping or a list that
// has one on each line.
func (f *yamlFile) margin(n *yaml.Node) (int, error) {
	if n.Style&yaml.FlowStyle != 0 {
		return 0, &ShapeError{yamlPos(n), "written on one line; give each member a line of its own"}
	}
	return n.Column - 1, nil
}

// block are the lines of a member: its own and those that are indented more, and
// those of a list whose dashes stand under its key.
func (f *yamlFile) block(key, value *yaml.Node) (start, end int, err error) {
	start = f.lineBeginOf(f.lineOf(key))
	if start == 0 && bytes.HasPrefix(f.data, mark) {
		start = len(mark)
	}
	margin := key.Column - 1
	before := string(f.data[start:min(f.offset(key), len(f.data))])
	item := key == value
	if item { // the dash of a list belongs to it
		margin = len(before) - len(strings.TrimLeft(before, " "))
		before = strings.TrimPrefix(strings.TrimSpace(before), "-")
	}
	if strings.TrimSpace(strings.TrimPrefix(before, "\ufeff")) != "" {
		return 0, 0, &ShapeError{yamlPos(key), "written on one line with others; give each member a line of its own"}
	}
	end = f.lineEndOf(f.lineOf(key))
	kept := end
	for end < len(f.data) {
		stop := f.lineEndOf(1 + bytes.Count(f.data[:end], []byte("\n")))
		line := strings.TrimRight(string(f.data[end:stop]), " \t\r\n")
		text := strings.TrimLeft(line, " ")
		dash := !item && value.Kind == yaml.SequenceNode && value.Style&yaml.FlowStyle == 0 && value.Column == key.Column && strings.HasPrefix(text, "-")
		out := len(line)-len(text) <= margin
		if end = stop; text == "" || out && strings.HasPrefix(text, "#") {
			continue // of the member, if something of it follows
		}
		if out && !dash {
			break
		}
		kept = end
	}
	return start, kept, nil
}

func (f *yamlFile) lineOf(n *yaml.Node) int { return max(n.Line, 1) }

func (f *yamlFile) lineBeginOf(line int) int {
	at := 0
	for range line - 1 {
		i := bytes.IndexByte(f.data[at:], '\n')
		if i < 0 {
			return len(f.data)
		}
		at += i + 1
	}
	return at
}

func (f *yamlFile) lineEndOf(line int) int { return f.lineBeginOf(line + 1) }

// offset is where a node begins; the library counts characters.
func (f *yamlFile) offset(n *yaml.Node) int {
	at := f.lineBeginOf(f.lineOf(n))
	line := f.data[at:]
	if n.Line == 1 && bytes.HasPrefix(line, mark) {
		at += len(mark)
		line = line[len(mark):]
	}
	runes := []rune(string(line[:min(len(line), 4*n.Column)]))
	return at + len(string(runes[:min(len(runes), n.Column-1)]))
}

// openEnded refuses a file whose last value is a block of text that the end of the
// file ends: a line end behind it would become a part of it.
func (f *yamlFile) openEnded(end int) error {
	if f.root == nil || end < len(f.data) || end == 0 || f.data[end-1] == '\n' {
		return nil
	}
	last := f.root
	for len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	if last.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		return nil
	}
	return &ShapeError{yamlPos(last), "the file ends inside this text; end its last line"}
}

// begun ends the line before, if nobody did.
func (f *yamlFile) begun(at int, newline string) string {
	if at > 0 && f.data[at-1] != '\n' && !bytes.Equal(f.data[:at], mark) {
		return newline
	}
	return ""
}

// terminated is text without its line end where that which it replaces had none.
func (f *yamlFile) terminated(end int, text, newline string) string {
	if end == len(f.data) && end > 0 && f.data[end-1] != '\n' {
		return strings.TrimSuffix(text, newline)
	}
	return text
}

// yamlMember prints a member with each of its own on a line, indented.
func yamlMember(key string, value any, margin int, newline string) string {
	head := strings.Repeat(" ", margin) + yamlKey(key) + ":"
	o, ok := value.(Object)
	if !ok {
		return head + " " + jsonText(value, "", " ", newline) + newline
	}
	if len(o) == 0 {
		return head + " {}" + newline
	}
	var b strings.Builder
	b.WriteString(head + newline)
	for _, m := range o {
		b.WriteString(yamlMember(m.Key, m.Value, margin+2, newline))
	}
	return b.String()
}

// yamlItem prints an item of a list of mappings that have names.
func yamlItem(name string, value any, margin int, newline string) string {
	o, _ := value.(Object)
	var b strings.Builder
	for _, m := range append(Object{{nameKey, name}}, o...) {
		b.WriteString(yamlMember(m.Key, m.Value, margin+2, newline))
	}
	return strings.Repeat(" ", margin) + "- " + strings.TrimLeft(b.String(), " ")
}

// yamlKey is a key, in quotes where it could be read as something else.
func yamlKey(key string) string {
	if bareKey.MatchString(key) && !strings.HasPrefix(key, "-") {
		var n yaml.Node
		if yaml.Unmarshal([]byte(key), &n) == nil && len(n.Content) == 1 && n.Content[0].ShortTag() == "!!str" {
			return key
		}
	}
	return quote(key)
}
