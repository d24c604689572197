package fakeserver

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Resources are the last parts of the URIs fake://<name>/… that are listed.
// asking asks the client something before it gives its contents.
var Resources = []string{"text", "blob", "big", "asking"}

// URI is that of a resource of the server with that name.
func URI(server, resource string) string { return "fake://" + server + "/" + resource }

// Template is the URI template that the server with that name lists.
func Template(server string) string { return URI(server, "items/{id}") }

// ResourceDefinition is a resource as the server with that name lists it.
func ResourceDefinition(server, resource string) string {
	return `{"uri":"` + URI(server, resource) + `","name":"` + resource + `","title":"<` + resource + `> & \u00e9 𝄞","mimeType":"text/plain","size":9007199254740993,"annotations":{"audience":["user"],"priority":0.10,"x-unknown":1e400},"icons":[{"src":"data:,x","theme":"dark","x-icon":true}],"_meta":{"a<>&":0.10},"x-resource":[ 1 , 2 ]}`
}

func (s *server) listResources(r *request) {
	names := append([]string{}, Resources...)
	s.mu.Lock()
	for i := range s.grown.resources {
		names = append(names, fmt.Sprintf("grown-%d", i))
	}
	s.mu.Unlock()
	var definitions []string
	for _, n := range names {
		definitions = append(definitions, ResourceDefinition(s.o.Name, n))
	}
	s.page(r, "resources", definitions)
}

func (s *server) listTemplates(r *request) {
	s.page(r, "resourceTemplates", []string{`{"uriTemplate":"` + Template(s.o.Name) + `","name":"items","title":"<items> & \u00e9","mimeType":"text/plain","annotations":{"priority":0.10},"_meta":{"a<>&":0.10},"x-template":[ 1 , 2 ]}`})
}

func (s *server) readResource(r *request) {
	uri := r.text("uri")
	rest, ours := strings.CutPrefix(uri, URI(s.o.Name, ""))
	item, isItem := strings.CutPrefix(rest, "items/")
	contents := func(member, value string) {
		s.cached(r, []byte(`{"contents":[{"uri":`+string(r.param("uri"))+`,"mimeType":"text/plain","`+member+`":`+value+`,"_meta":{"a<>&":0.10},"x-unknown":{"n":9007199254740993}}],"x-read":1e400}`))
	}
	switch {
	case !ours:
		s.noResource(r)
	case rest == "text":
		contents("text", `"the text of <`+s.o.Name+`> & \u00e9 𝄞"`)
	case rest == "blob":
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		contents("blob", `"`+base64.StdEncoding.EncodeToString(all)+`"`)
	case rest == "big":
		contents("text", `"`+strings.Repeat("x", s.o.Bytes)+`"`)
	case rest == "asking":
		if given, ok := s.inquire(r, inquiry{Kind: "elicitation", Tag: uri}); ok {
			contents("text", quote(string(given)))
		}
	case strings.HasPrefix(rest, "grown-"):
		contents("text", quote(rest))
	case isItem && item != "" && !strings.Contains(item, "/"):
		contents("text", quote("item "+item+" of "+s.o.Name))
	default:
		s.noResource(r)
	}
}

func (s *server) noResource(r *request) {
	code := codeResourceNotFound
	if s.modern() {
		code = jsonrpc.CodeInvalidParams
	}
	uri := r.param("uri")
	if uri == nil {
		uri = jsonrpc.Null
	}
	s.failWith(r, code, `{"uri":`+string(uri)+`,"x-unknown":9007199254740993}`, "no resource %s", uri)
}

// subscribe answers resources/subscribe and resources/unsubscribe, which take
// any URI.
func (s *server) subscribe(r *request) {
	s.mu.Lock()
	s.watched[r.text("uri")] = r.method == "resources/subscribe"
	s.mu.Unlock()
	s.result(r, []byte(`{}`))
}
