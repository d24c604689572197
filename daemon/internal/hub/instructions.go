package hub

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/registry"
)

// maxInstructions is what clients keep of a server's instructions without
// cutting them, in bytes.
const maxInstructions = 2000

// minShare is what is worth keeping of the instructions of one server. With
// less than that for each the last servers get none.
const minShare = 60

const (
	opening       = "Loom serves several MCP servers as one. A tool is named server__tool.\n"
	openingSearch = "Loom serves several MCP servers as one. Find a tool with loom__search_tools; call it with loom__call_read_tool when it only reads, else with loom__call_tool.\n"
	someServers   = "and %d more; loom__status lists all\n"
	someText      = "\nThe instructions of any server: " + instructionsURI + "<its name>\n"
)

const instructionsURI = scheme + "instructions/"

// resource is something that Loom itself keeps of a view.
type resource struct {
	text   string
	listed bool
}

// section is the instructions of one server.
type section struct {
	server string
	text   string
	share  int // bytes that it may take, heading included
}

func (s *section) heading() string { return "\n## " + s.server + "\n" }
func (s *section) notice() string  { return "\n[cut; all of it: " + instructionsURI + s.server + "]" }
func (s *section) need() int       { return len(s.heading()) + len(s.text) + 1 }

// least is what the section takes when it is cut as short as it may be.
func (s *section) least() int {
	return min(s.need(), len(s.heading())+minShare+len(s.notice())+1)
}

// instruct joins what servers say of themselves. A model gets a line for each
// server and as much of each one's instructions as fits; the rest is a resource.
// note is of Loom's own and never cut.
func (v *View) instruct(known []learnt, profile registry.Profile, note string) {
	v.own = map[string]resource{}
	if profile.Bare {
		return // the server's own words, and none of Loom's
	}
	var sections []*section
	for _, k := range known {
		if text := strings.TrimSpace(k.entry.Instructions); text != "" {
			name := string(k.server.Name)
			sections = append(sections, &section{server: name, text: text})
			v.own[instructionsURI+name] = resource{text: k.entry.Instructions}
		}
	}
	var b strings.Builder
	b.WriteString(opening)
	if profile.Search {
		b.Reset()
		b.WriteString(openingSearch)
	}
	if note != "" {
		b.WriteString(note + "\n")
	}
	v.introduce(&b)
	shown := share(sections, maxInstructions-b.Len())
	for i, s := range sections {
		text := s.text
		if i < shown && s.need() > s.share {
			text = cut(text, s.share-len(s.heading())-len(s.notice())-1) + s.notice()
		}
		if i < shown {
			b.WriteString(s.heading() + text + "\n")
		}
		if i >= shown || s.need() > s.share {
			uri := instructionsURI + s.server
			v.own[uri] = resource{text: v.own[uri].text, listed: true}
			v.resources.listed = append(v.resources.listed, describe(uri, s.server))
		}
	}
	if shown < len(sections) && b.Len()+len(someText) <= maxInstructions {
		b.WriteString(someText)
	}
	v.joined = b.String()
}

// introduce writes a line for each server.
func (v *View) introduce(b *strings.Builder) {
	servers := v.Servers()
	for i, s := range servers {
		line := string(s.Name) + "\n"
		if about, _, _ := strings.Cut(strings.TrimSpace(s.Description), "\n"); about != "" {
			line = fmt.Sprintf("%s: %s\n", s.Name, strings.TrimSpace(about))
		}
		more := ""
		if left := len(servers) - i; left > 1 {
			more = fmt.Sprintf(someServers, left-1)
		}
		if b.Len()+len(line)+len(more) > maxInstructions {
			fmt.Fprintf(b, someServers, len(servers)-i)
			return
		}
		b.WriteString(line)
	}
}

// share gives each section its part of room: those that need less than an equal
// part get what they need, and leave the rest to the others. It returns how
// many of the first ones get any; what the others would take is left free for
// a line that says so.
func share(sections []*section, room int) (shown int) {
	for shown = len(sections); shown > 0; shown-- {
		left := room
		if shown < len(sections) {
			left -= len(someText)
		}
		small := slices.SortedStableFunc(slices.Values(sections[:shown]), func(a, b *section) int { return cmp.Compare(a.need(), b.need()) })
		fits := true
		for i, s := range small {
			s.share = min(s.need(), left/(shown-i))
			left -= s.share
			fits = fits && s.share >= s.least()
		}
		if fits {
			return shown
		}
	}
	return 0
}

// cut is the beginning of text, of at most room bytes: whole lines when that is
// half of it or more, whole words otherwise, and whole runes in any case.
func cut(text string, room int) string {
	for room > 0 && !utf8.RuneStart(text[room]) {
		room--
	}
	text = text[:room]
	for _, bound := range []string{"\n", " "} {
		if i := strings.LastIndex(text, bound); i >= room/2 {
			return strings.TrimRight(text[:i], " \t\r\n")
		}
	}
	return text
}

// describe is a resource as resources/list has it.
func describe(uri, server string) []byte {
	b := append([]byte(`{"uri":`), jsonrpc.Quote(uri)...)
	b = append(append(b, `,"name":`...), jsonrpc.Quote(server+" instructions")...)
	b = append(append(b, `,"description":`...), jsonrpc.Quote("All of the instructions of "+server+", which Loom's own hold in part")...)
	return append(b, `,"mimeType":"text/plain"}`...)
}

// ReadOwn is the result of resources/read, in the legacy era, for what Loom
// itself keeps of the view: loom://instructions/<server>, as the server wrote
// it, also where nothing of it was cut.
func (v *View) ReadOwn(uri string) (result []byte, ok bool) {
	r, ok := v.own[uri]
	if !ok {
		return nil, false
	}
	b := append([]byte(`{"contents":[{"uri":`), jsonrpc.Quote(uri)...)
	b = append(append(b, `,"mimeType":"text/plain","text":`...), jsonrpc.Quote(r.text)...)
	return append(b, "}]}"...), true
}
