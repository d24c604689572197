package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

const suffix = ".jsonl"

// header is the first line of a file. Info and Capabilities are put into it
// behind the rest, byte by byte, which encoding/json would not do.
type header struct {
	Format       int       `json:"format"`
	Server       string    `json:"server"`
	Key          string    `json:"key"`
	Era          string    `json:"era"`
	Version      string    `json:"version,omitempty"`
	Instructions string    `json:"instructions,omitempty"`
	Both         bool      `json:"both,omitempty"`
	Asks         bool      `json:"asks,omitempty"`
	Learnt       time.Time `json:"learnt"`
	Tools        int       `json:"tools"`
	Prompts      int       `json:"prompts"`
	Resources    int       `json:"resources"`
	Templates    int       `json:"templates"`
}

// format of the files that are written. Those of format 1 had tools alone.
const format = 2

func (h *header) counts() [Kinds]int {
	return [Kinds]int{Tools: h.Tools, Prompts: h.Prompts, Resources: h.Resources, Templates: h.Templates}
}

func encode(e *Entry) ([]byte, error) {
	head, err := json.Marshal(header{
		format, e.Server, e.Key, e.Era, e.Version, e.Instructions, e.Both, e.Asks, e.Learnt,
		len(e.Tools), len(e.Prompts), len(e.Resources), len(e.Templates),
	})
	if err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(head[:len(head)-1])
	for _, member := range []struct {
		name string
		raw  []byte
	}{{"info", e.Info}, {"capabilities", e.Capabilities}} {
		if len(member.raw) > 0 {
			b.WriteString(`,"` + member.name + `":`)
			b.Write(oneLine(member.raw))
		}
	}
	b.WriteString("}\n")
	for k := range Kind(Kinds) {
		for _, def := range e.List(k) {
			b.Write(oneLine(def.Raw))
			b.WriteByte('\n')
		}
	}
	return b.Bytes(), nil
}

// oneLine is raw as it is: frames are lines, so nothing in them has a line end.
// From anywhere else that is space between two tokens of JSON.
func oneLine(raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') < 0 {
		return raw
	}
	return bytes.ReplaceAll(raw, []byte("\n"), []byte(" "))
}

func write(file string, e *Entry) error {
	data, err := encode(e)
	if err != nil {
		return err
	}
	tmp := file + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}

func read(file string) (*Entry, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return decode(f)
}

func decode(r io.Reader) (*Entry, error) {
	lines := jsonrpc.NewReader(r, 0)
	first, err := lines.Next()
	if err != nil {
		return nil, fmt.Errorf("reading its first line: %w", err)
	}
	var h struct {
		header
		Info         json.RawMessage `json:"info"`
		Capabilities json.RawMessage `json:"capabilities"`
	}
	if err := json.Unmarshal(first, &h); err != nil {
		return nil, err
	}
	e := &Entry{
		Server: h.Server, Key: h.Key, Era: h.Era, Version: h.Version, Info: h.Info, Capabilities: h.Capabilities,
		Instructions: h.Instructions, Both: h.Both, Asks: h.Asks, Learnt: h.Learnt,
	}
	counts := h.counts()
	switch h.Format {
	case format:
	case 1:
		e.Key = "" // it serves, and is learnt again for what it lacks
		counts = [Kinds]int{Tools: h.Tools}
	default:
		return nil, fmt.Errorf("format %d is not known", h.Format)
	}
	for k := range Kind(Kinds) {
		var defs []Tool
		for range counts[k] {
			def, err := decodeDefinition(lines, k)
			if err != nil {
				return nil, fmt.Errorf("%s %d of %d: %w", k.List().Member, len(defs)+1, counts[k], err)
			}
			defs = append(defs, def)
		}
		e.SetList(k, defs)
	}
	return e, nil
}

func decodeDefinition(lines *jsonrpc.Reader, k Kind) (Tool, error) {
	line, err := lines.Next()
	if err != nil {
		return Tool{}, err
	}
	line = bytes.TrimSpace(line)
	// A definition is no envelope: it may have two members named id.
	if _, err := jsonrpc.Scan(line); err != nil && !errors.Is(err, jsonrpc.ErrDuplicateMember) {
		return Tool{}, err
	}
	name, ok := jsonrpc.Find(line, jsonrpc.Span{End: len(line)}, k.List().Identity)
	text, isText := jsonrpc.Text(name.Of(line))
	if !ok || !isText {
		return Tool{}, fmt.Errorf("it has no %s", k.List().Identity)
	}
	return Tool{Name: text, Raw: line}, nil
}
