package cli

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
)

// cost is what the tools of a server take and give.
type cost struct {
	server string
	tools  int
	tokens int
	calls  int
	last   time.Time
	unused []loomrpc.Tool
}

// printTokens says what every definition costs, what it is used for, and what
// could be saved.
func printTokens(opts *ToolsOptions, reply loomrpc.ToolsReply) {
	io, now := opts.IO, opts.Now()
	lastUse := func(at time.Time) cell {
		if at.IsZero() {
			return cell{"never", dim}
		}
		return cell{age(now.Sub(at)) + " ago", ""}
	}
	tools := slices.Clone(reply.Tools)
	slices.SortStableFunc(tools, func(a, b loomrpc.Tool) int { return cmp.Compare(b.Tokens, a.Tokens) })
	t := newTable(io, "TOOL", ">TOKENS", ">CALLS", "LAST USED", "DESCRIPTION")
	t.last = cut
	for _, tool := range tools {
		t.row(tool.Name, tool.Tokens, tool.Calls, lastUse(tool.LastUsed), about(tool.Definition))
	}
	t.print()

	fmt.Fprintln(io.Out)
	var all cost
	costs := costsOf(tools)
	t = newTable(io, "SERVER", ">TOOLS", ">UNUSED", ">TOKENS", ">CALLS", "LAST USED")
	for _, c := range costs {
		t.row(c.server, c.tools, len(c.unused), c.tokens, c.calls, lastUse(c.last))
		all.tools, all.tokens = all.tools+c.tools, all.tokens+c.tokens
		if c.server != loomrpc.ServerPrefix { // Loom's own cannot be hidden
			all.unused = append(all.unused, c.unused...)
		}
	}
	t.print()
	fmt.Fprintf(io.Out, "\n%s, %s\n", plural(all.tools, "tool"), plural(all.tokens, "token"))
	if reply.UsageSince.IsZero() {
		return // a loomd that does not count
	}
	since := fmt.Sprintf("since %s (%s ago)", reply.UsageSince.Local().Format("2006-01-02 15:04"), age(now.Sub(reply.UsageSince)))
	if len(all.unused) == 0 {
		fmt.Fprintf(io.Out, "Every tool was called %s.\n", since)
		return
	}
	fmt.Fprintf(io.Out, "\nNot called %s: %s. Hiding them saves %s of %s in every session.\n",
		since, plural(len(all.unused), "tool"), count(tokensSum(all.unused)), plural(all.tokens, "token"))
	printHiding(io, costs)
}

// costsOf adds up the tools of each server, the most expensive first.
func costsOf(tools []loomrpc.Tool) []cost {
	var out []cost
	for _, tool := range tools {
		i := slices.IndexFunc(out, func(c cost) bool { return c.server == tool.Server })
		if i < 0 {
			i, out = len(out), append(out, cost{server: tool.Server})
		}
		c := &out[i]
		c.tools++
		c.tokens += tool.Tokens
		c.calls += tool.Calls
		if tool.LastUsed.After(c.last) {
			c.last = tool.LastUsed
		}
		if tool.Calls == 0 {
			c.unused = append(c.unused, tool)
		}
	}
	slices.SortStableFunc(out, func(a, b cost) int { return cmp.Compare(b.tokens, a.tokens) })
	return out
}

func tokensSum(tools []loomrpc.Tool) (sum int) {
	for _, t := range tools {
		sum += t.Tokens
	}
	return sum
}

// printHiding prints what switches the unused tools off: whole servers by a
// command, single tools by lines of the registry.
func printHiding(io *IO, costs []cost) {
	var servers, tools []string
	for _, c := range costs {
		switch {
		case c.server == loomrpc.ServerPrefix || len(c.unused) == 0:
		case len(c.unused) == c.tools:
			servers = append(servers, fmt.Sprintf("  loom disable %s   # %s, %s", c.server, plural(c.tools, "tool"), plural(c.tokens, "token")))
		default:
			tools = append(tools, "    "+yamlKey(c.server)+":", "      tools:")
			for _, t := range c.unused {
				tools = append(tools, fmt.Sprintf("        %s: {enabled: false}   # %s", yamlKey(pattern(t.Tool)), plural(t.Tokens, "token")))
			}
		}
	}
	if len(servers) > 0 {
		fmt.Fprintf(io.Out, "\nServers of which nothing was called:\n\n%s\n", strings.Join(servers, "\n"))
	}
	if len(tools) > 0 {
		fmt.Fprintf(io.Out, "\nTools of the other servers, for their entries in the registry (then: loom reload):\n\n  servers:\n%s\n", strings.Join(tools, "\n"))
	}
}

// pattern is a tool's name as a rule of the registry can have it: a few servers
// use letters in names that no rule may contain.
func pattern(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("[]{}()\\!^|,;\"'", r) {
			return '?'
		}
		return r
	}, name)
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// yamlKey is text as a key of a YAML mapping that is a string for every reader.
func yamlKey(text string) string {
	words := []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
	if plainKey.MatchString(text) && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	return string(jsonrpc.Quote(text)) // JSON strings are YAML
}
