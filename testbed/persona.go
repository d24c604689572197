package testbed

import (
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// filled are the options with what stands for what is empty.
func (o ClientOptions) filled() ClientOptions {
	for _, one := range []struct {
		value *string
		empty string
	}{{&o.Version, "2025-06-18"}, {&o.Capabilities, "{}"}, {&o.Info, `{"name":"testbed","version":"1"}`}} {
		if *one.value == "" {
			*one.value = one.empty
		}
	}
	return o
}

func (c *Client) modern() bool { return c.persona.Era == "modern" }

// Declare changes the capabilities of a client of the modern era, which says
// them with each request. They are raw.
func (c *Client) Declare(capabilities string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.persona.Capabilities = capabilities
}

// meta is what every request of the modern era carries in its _meta.
func (c *Client) meta() [][2]string {
	return [][2]string{
		{mcp.MetaProtocolVersion, `"` + mcp.Modern + `"`},
		{mcp.MetaClientCapabilities, c.persona.Capabilities},
		{mcp.MetaClientInfo, c.persona.Info},
	}
}

// withMeta puts members into the _meta of raw params, but for those that are
// there. The rest of the params stays as it is.
func withMeta(params string, members [][2]string) string {
	if params == "" {
		params = "{}"
	}
	raw := []byte(params)
	whole := jsonrpc.Span{Start: strings.IndexByte(params, '{'), End: len(raw)}
	if whole.Start < 0 {
		return params // no object: the test means it
	}
	meta, has := jsonrpc.Find(raw, whole, "_meta")
	var more []string
	for _, m := range members {
		if _, there := jsonrpc.Find(raw, meta, m[0]); !has || !there {
			more = append(more, `"`+m[0]+`":`+m[1])
		}
	}
	text, at := strings.Join(more, ","), whole.Start+1
	if has {
		at = meta.Start + 1
	} else {
		text = `"_meta":{` + text + `}`
	}
	if rest := strings.TrimSpace(params[at:]); text != "" && rest[0] != '}' {
		text += ","
	}
	return params[:at] + text + params[at:]
}
