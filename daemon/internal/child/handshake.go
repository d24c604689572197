package child

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Info is what a server says of itself. The raw members are as it wrote them.
type Info struct {
	ServerInfo   json.RawMessage `json:"serverInfo"`
	Capabilities json.RawMessage `json:"capabilities"`
	Instructions string          `json:"instructions"`
	Version      string          `json:"-"` // the revision that was agreed on
}

// errEndedAtDiscover is a server that took server/discover for a reason to end.
var errEndedAtDiscover = errors.New("asked with " + mcp.Discover)

// handshake finds the era when it is not known, and opens the session when the
// server is legacy. Any answer to server/discover but a good one means legacy:
// real servers answer with all kinds of codes, or not at all, or end.
func (p *Process) handshake(ctx context.Context) error {
	if p.spec.Era == Legacy {
		return p.initialize(ctx)
	}
	discovered := make(chan Answer, 1)
	params := append(append([]byte(`{"_meta":{`), p.meta...), "}}"...)
	if !p.Send(nil, &Request{Method: mcp.Discover, Params: params, Done: func(a Answer) { discovered <- a }}) {
		return fmt.Errorf("%w: %w", errEndedAtDiscover, p.Err())
	}
	patience := time.NewTimer(p.limits.Discover)
	defer patience.Stop()
	select {
	case a := <-discovered:
		if p.isModern(a) {
			return nil
		}
		discovered = nil
		if a.Err != nil {
			return fmt.Errorf("%w: %w", errEndedAtDiscover, a.Err)
		}
	case <-patience.C: // silent, or still starting
	case <-ctx.Done():
		return p.handshakeFailed(context.Cause(ctx))
	}
	err := p.initialize(ctx)
	if err == nil {
		return nil
	}
	// A server that took long to start has read both by now.
	select {
	case a := <-discovered:
		if p.isModern(a) {
			return nil
		}
	default:
	}
	var exit *ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %w", errEndedAtDiscover, err)
	}
	return err
}

// isModern takes over what the server said of itself, if it speaks the modern
// era. One that speaks both is spoken to in the era of its clients: a tool that
// asks in the way of one era fails in the other.
func (p *Process) isModern(a Answer) bool {
	if a.Err != nil || !a.Message.Result.Present() {
		return false
	}
	var result struct {
		Info
		SupportedVersions []string `json:"supportedVersions"`
		Meta              struct { // where the era has it; in the result itself it was while that was a draft
			ServerInfo json.RawMessage `json:"io.modelcontextprotocol/serverInfo"`
		} `json:"_meta"`
	}
	if json.Unmarshal(a.Message.Result.Of(a.Frame), &result) != nil || !slices.Contains(result.SupportedVersions, mcp.Modern) {
		return false
	}
	p.newest = Modern
	p.both = slices.ContainsFunc(result.SupportedVersions, func(v string) bool { return slices.Contains(mcp.LegacyVersions, v) })
	if p.both && p.spec.Prefer == Legacy {
		return false
	}
	if len(result.Meta.ServerInfo) > 0 {
		result.ServerInfo = result.Meta.ServerInfo
	}
	p.era, p.info = Modern, result.Info
	p.info.Version = mcp.Modern
	return true
}

// everything is what Loom can pass on to a client. One that cannot do it says
// so when it is asked.
const everything = `{"roots":{"listChanged":true},"sampling":{"context":{},"tools":{}},"elicitation":{"form":{},"url":{}}}`

// params are those of initialize.
func (c Client) params(version string) []byte {
	info, capabilities, asks := c.Info, c.Capabilities, c.Version
	if len(info) == 0 {
		info = clientInfo(version)
	}
	if len(capabilities) == 0 {
		capabilities = []byte(everything)
	}
	if asks == "" {
		asks = mcp.LatestLegacy
	}
	b := append([]byte(`{"protocolVersion":`), jsonrpc.Quote(asks)...)
	b = append(append(b, `,"capabilities":`...), capabilities...)
	return append(append(append(b, `,"clientInfo":`...), info...), '}')
}

func (p *Process) initialize(ctx context.Context) error {
	a, err := p.Call(ctx, mcp.Initialize, p.spec.Client.params(p.spec.Version))
	if err != nil {
		var exit *ExitError
		if errors.As(err, &exit) {
			return err
		}
		if errors.Is(err, errSilent) {
			err = fmt.Errorf("no answer to initialize within %s", p.limits.Handshake)
		}
		return p.handshakeFailed(err)
	}
	if a.Message.Error.Present() {
		return p.handshakeFailed(fmt.Errorf("initialize was refused: %s", a.Message.Error.Of(a.Frame)))
	}
	var result struct {
		Info
		ProtocolVersion string `json:"protocolVersion"`
	}
	if err := json.Unmarshal(a.Message.Result.Of(a.Frame), &result); err != nil {
		return p.handshakeFailed(fmt.Errorf("reading its answer to initialize: %w", err))
	}
	if !slices.Contains(mcp.LegacyVersions, result.ProtocolVersion) {
		return p.handshakeFailed(fmt.Errorf("it speaks protocol version %q, loom speaks %v and %s", result.ProtocolVersion, mcp.LegacyVersions, mcp.Modern))
	}
	p.era, p.info = Legacy, result.Info
	p.newest = cmp.Or(p.newest, Legacy)
	p.info.Version = result.ProtocolVersion
	p.Notify(mcp.Initialized, nil)
	return nil
}

func (p *Process) handshakeFailed(cause error) error {
	return &HandshakeError{Server: p.spec.Server, Cause: cause, Stderr: p.spec.Stderr.Tail(p.from, 5)}
}
