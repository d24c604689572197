package conformance

import (
	"path/filepath"
	"testing"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/testbed"
)

// TestFilesystem: structured results of a server that works on real files.
func TestFilesystem(t *testing.T) {
	dir := t.TempDir()
	p := reference(t, "filesystem", "", testbed.ClientOptions{}, nil, dir)
	file := string(jsonrpc.Quote(filepath.Join(dir, "warp <&> é.txt")))
	p.call("list_allowed_directories", `{}`)
	p.call("write_file", `{"path":`+file+`,"content":"one\ntwo <&>\nthree"}`)
	p.call("read_text_file", `{"path":`+file+`,"head":2}`)
	p.call("read_media_file", `{"path":`+file+`}`)
	p.call("edit_file", `{"path":`+file+`,"dryRun":true,"edits":[{"oldText":"two","newText":"zwei"}]}`)
	p.call("directory_tree", `{"path":`+string(jsonrpc.Quote(dir))+`}`)
	p.call("search_files", `{"path":`+string(jsonrpc.Quote(dir))+`,"pattern":"*.txt"}`)
	p.call("get_file_info", `{"path":`+file+`}`)
	p.call("read_text_file", `{"path":"/etc/passwd"}`)
	p.call("read_text_file", `{}`)
	p.list("tools/list", "tools")
}

// TestMemory: a server that keeps something between two calls, and tells who
// has subscribed to it.
func TestMemory(t *testing.T) {
	dir := t.TempDir()
	kept := func(name string) string { return filepath.Join(dir, name+".jsonl") }
	p := reference(t, "memory", ", env: {MEMORY_FILE_PATH: "+kept("through")+"}", testbed.ClientOptions{}, []string{"MEMORY_FILE_PATH=" + kept("direct")})
	p.call("create_entities", `{"entities":[{"name":"<weft>","entityType":"thread","observations":["crosses"]}]}`)
	p.call("read_graph", `{}`)
	p.list("tools/list", "tools")
	p.list("resources/list", "resources")
	var uri string
	for name, c := range p.clients() {
		f := c.Ask("resources/list", "{}")
		if uri = firstURI(f); uri == "" {
			t.Fatalf("%s there is no resource in %s", name, f)
		}
	}
	p.same("resources/subscribe", `{"uri":`+uri+`}`)
	p.call("add_observations", `{"observations":[{"entityName":"<weft>","contents":["is red","é"]}]}`)
	p.told("notifications/resources/updated")
	p.call("search_nodes", `{"query":"red"}`)
	p.call("delete_entities", `{"entityNames":["<weft>"]}`)
	p.call("open_nodes", `{"names":["<weft>"]}`)
	p.same("resources/read", `{"uri":`+uri+`}`)
}

// firstURI is that of the first resource of a list, raw.
func firstURI(f testbed.Frame) (uri string) {
	list := f.Find("resources")
	jsonrpc.Elements([]byte(list), jsonrpc.Span{End: len(list)}, func(item jsonrpc.Span) bool {
		at, _ := jsonrpc.Find([]byte(list), item, "uri")
		uri = list[at.Start:at.End]
		return false
	})
	return uri
}

// TestSequentialThinking: a server with one tool, whose answers depend on those
// before.
func TestSequentialThinking(t *testing.T) {
	p := reference(t, "sequential-thinking", "", testbed.ClientOptions{}, nil)
	p.call("sequentialthinking", `{"thought":"<warp>","nextThoughtNeeded":true,"thoughtNumber":1,"totalThoughts":2}`)
	p.call("sequentialthinking", `{"thought":"weft","nextThoughtNeeded":false,"thoughtNumber":2,"totalThoughts":2}`)
	p.call("sequentialthinking", `{"thought":7}`)
	p.list("tools/list", "tools")
}
