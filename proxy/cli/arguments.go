package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// parseArguments makes the JSON object of a call from what stands behind the
// tool's name: nothing, one JSON object, "-" for an object on stdin, or pairs.
// look is asked for the tool's parameters only when there are pairs.
func parseArguments(args []string, in io.Reader, look func() (schema, error)) (json.RawMessage, error) {
	switch {
	case len(args) == 0:
		return json.RawMessage("{}"), nil
	case len(args) == 1 && args[0] == "-":
		text, err := io.ReadAll(in)
		if err != nil {
			return nil, fmt.Errorf("reading the arguments from stdin: %w", err)
		}
		return object(text, "stdin")
	case len(args) == 1 && strings.HasPrefix(strings.TrimSpace(args[0]), "{"):
		return object([]byte(args[0]), "the arguments")
	}
	pairs := make([]pair, len(args))
	for i, arg := range args {
		var err error
		if pairs[i], err = parsePair(arg); err != nil {
			return nil, err
		}
	}
	s, err := look()
	if err != nil {
		return nil, err
	}
	return s.encode(pairs)
}

func object(text []byte, from string) (json.RawMessage, error) {
	text = bytes.TrimSpace(text)
	var check map[string]json.RawMessage
	if err := json.Unmarshal(text, &check); err != nil || check == nil {
		if err == nil {
			err = fmt.Errorf("this is %s", text)
		}
		return nil, fmt.Errorf("%s must be a JSON object: %w", from, err)
	}
	// One line, since a line end would end the frame on its way.
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil {
		return nil, fmt.Errorf("%s must be a JSON object: %w", from, err)
	}
	return line.Bytes(), nil
}

// pair is k=text or k:=json.
type pair struct {
	key, text string
	isJSON    bool
}

func parsePair(arg string) (pair, error) {
	key, text, ok := strings.Cut(arg, "=")
	if !ok || key == "" || key == ":" {
		return pair{}, fmt.Errorf("%q is neither a JSON object nor NAME=VALUE", arg)
	}
	if key, ok := strings.CutSuffix(key, ":"); ok {
		if !json.Valid([]byte(text)) {
			return pair{}, fmt.Errorf("the value of %s is not JSON: %s", arg[:len(key)+2], text)
		}
		return pair{key: key, text: text, isJSON: true}, nil
	}
	return pair{key: key, text: text}, nil
}

// encode turns pairs into an object with the types that s wants. A list may be
// given as JSON or by naming the parameter several times.
func (s schema) encode(pairs []pair) (json.RawMessage, error) {
	var keys []string
	values := map[string][]json.RawMessage{}
	list := map[string]bool{}
	for _, p := range pairs {
		value, element, err := s.value(p)
		if err != nil {
			return nil, err
		}
		if len(values[p.key]) > 0 && !(list[p.key] && element) {
			return nil, fmt.Errorf("%s is given twice, and it is not a list of single values", p.key)
		}
		if len(values[p.key]) == 0 {
			keys = append(keys, p.key)
		}
		list[p.key] = element
		values[p.key] = append(values[p.key], value)
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(jsonrpc.Quote(key))
		b.WriteByte(':')
		if list[key] {
			b.WriteByte('[')
			b.Write(bytes.Join(raws(values[key]), []byte(",")))
			b.WriteByte(']')
		} else {
			b.Write(values[key][0])
		}
	}
	b.WriteByte('}')
	return object(b.Bytes(), "the arguments")
}

func raws(values []json.RawMessage) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// value is a pair's value as JSON; element says that it is one element of a list.
func (s schema) value(p pair) (value json.RawMessage, element bool, err error) {
	if p.isJSON {
		return json.RawMessage(p.text), false, nil
	}
	param, known := s.property(p.key)
	if !known || len(param.types) == 0 {
		if json.Valid([]byte(p.text)) { // nobody says what it should be: 5 is a number, abc is text
			return json.RawMessage(p.text), false, nil
		}
		return jsonrpc.Quote(p.text), false, nil
	}
	if value, ok := fitting(p.text, param.types); ok {
		return value, false, nil
	}
	if slices.Contains(param.types, "array") {
		if len(param.items) == 0 {
			return looseValue(p.text), true, nil
		}
		if value, ok := fitting(p.text, param.items); ok {
			return value, true, nil
		}
	}
	return nil, false, fmt.Errorf("%s wants %s, not %q", p.key, param.typeText(), p.text)
}

// fitting is text as a JSON value of one of types. A string is what fits when
// nothing else does, so that "5" is a number wherever both are allowed.
func fitting(text string, types []string) (json.RawMessage, bool) {
	if value := json.RawMessage(text); json.Valid(value) {
		got := typeOf(value)
		if got != "string" && slices.Contains(types, got) || got == "integer" && slices.Contains(types, "number") ||
			got == "number" && slices.Contains(types, "integer") { // 1e3 and 5.0; the server decides
			return value, true
		}
	}
	if slices.Contains(types, "string") {
		return jsonrpc.Quote(text), true
	}
	return nil, false
}

func looseValue(text string) json.RawMessage {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return jsonrpc.Quote(text)
}
