package mask

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/loom-core/loom/servers/kit/redact"
)

// LastApplied is the annotation in which kubectl keeps a whole object, with all
// that is secret in it.
const LastApplied = "kubectl.kubernetes.io/last-applied-configuration"

const marked = "[redacted: "

func marker(size int) string { return fmt.Sprintf("%s%d bytes]", marked, size) }

// Count is how many markers a text has.
func Count(text string) int { return strings.Count(text, marked) }

// Object masks a decoded object, list or Table in place. kind is that of objects
// which do not say it themselves. For typed clients the bytes of a Secret stay
// bytes, as many as they were.
func Object(o map[string]any, kind string, typed bool) {
	m := masker{kind: kind, typed: typed}
	kind = kindOf(o, kind)
	items, isList := o["items"].([]any)
	_, hasRows := o["rows"].([]any) // a custom kind may be called Table too
	switch {
	case isList:
		if kind = strings.TrimSuffix(kind, "List"); kind == "" {
			kind = m.kind
		}
		for _, item := range items {
			if item, ok := item.(map[string]any); ok {
				m.object(kindOf(item, kind), item)
			}
		}
	case kind == "Table" && hasRows:
		m.table(o)
	default:
		m.object(kind, o)
	}
}

type masker struct {
	kind  string
	typed bool
}

func kindOf(o map[string]any, otherwise string) string {
	if kind, ok := o["kind"].(string); ok && kind != "" {
		return kind
	}
	return otherwise
}

func (m masker) object(kind string, o map[string]any) {
	if meta, ok := o["metadata"].(map[string]any); ok {
		if notes, ok := meta["annotations"].(map[string]any); ok {
			delete(notes, LastApplied)
		}
	}
	switch kind {
	case "Secret":
		m.bytes(o["data"])
		hide(o["stringData"])
	case "ConfigMap":
		m.bytes(o["binaryData"])
		m.settings(o["data"])
	}
	for name, v := range o {
		if name != "data" || kind != "Secret" && kind != "ConfigMap" {
			o[name] = m.walk(name, v)
		}
	}
}

// bytes hides the members of a map of base64.
func (m masker) bytes(v any) {
	data, _ := v.(map[string]any)
	for name, v := range data {
		text, ok := v.(string)
		if !ok {
			continue
		}
		size := len(text)
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			size = len(raw)
		}
		data[name] = marker(size)
		if m.typed {
			data[name] = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("*"), size))
		}
	}
}

func hide(v any) {
	data, _ := v.(map[string]any)
	for name, v := range data {
		if text, ok := v.(string); ok {
			data[name] = marker(len(text))
		}
	}
}

// settings are the data of a ConfigMap: texts with names.
func (m masker) settings(v any) {
	data, _ := v.(map[string]any)
	for name, v := range data {
		if text, ok := v.(string); ok {
			data[name] = m.text(name, text)
		}
	}
}

func (m masker) text(name, value string) string {
	switch {
	case open(value):
		return value
	case Sensitive(name):
		return marker(len(value))
	case kubeconfig(value):
		return fmt.Sprintf("%skubeconfig, %d bytes]", marked, len(value))
	case manifest(value):
		return fmt.Sprintf("%smanifest with a Secret, %d bytes]", marked, len(value))
	}
	return hideAll(value)
}

// kubeconfig reports whether a text is a whole kubeconfig, as YAML or JSON.
func kubeconfig(text string) bool {
	return len(text) > 40 && strings.Contains(text, "users") && strings.Contains(text, "clusters") && strings.Contains(text, "current-context")
}

var (
	secretKind = regexp.MustCompile(`(?m)^[ \t-]*kind:[ \t]*["']?Secret\b|\\?"kind\\?"\s*:\s*\\?"Secret\\?"`)
	secretData = regexp.MustCompile(`(?m)^[ \t]*(data|stringData):|"(data|stringData)\\?"\s*:`)
)

// manifest reports whether a text has a Secret with values in it, as YAML or JSON:
// tools keep what they applied in annotations and ConfigMaps.
func manifest(text string) bool {
	return strings.Contains(text, "Secret") && secretKind.MatchString(text) && secretData.MatchString(text)
}

// walk masks below a member of an object.
func (m masker) walk(name string, v any) any {
	switch v := v.(type) {
	case string:
		return m.text(name, v)
	case map[string]any:
		if env, ok := v["name"].(string); ok {
			if value, ok := v["value"].(string); ok && (Sensitive(env) || redact.Header(env)) && !open(value) {
				v["value"] = marker(len(value))
			}
		}
		for member := range v {
			of := member
			if holders[strings.ToLower(member)] && Sensitive(name) {
				of = name
			}
			v[member] = m.walk(of, v[member])
		}
	case []any:
		for i := range v {
			flag := ""
			if i > 0 {
				flag, _ = v[i-1].(string)
			}
			if text, ok := v[i].(string); ok && strings.HasPrefix(flag, "-") && !strings.Contains(flag, "=") && Sensitive(flag) && !open(text) {
				v[i] = marker(len(text))
				continue
			}
			v[i] = m.walk(name, v[i])
		}
	}
	return v
}

// table masks cells by the names of their columns; a CRD may print anything.
func (m masker) table(o map[string]any) {
	columns, _ := o["columnDefinitions"].([]any)
	rows, _ := o["rows"].([]any)
	var hidden []int
	for i, c := range columns {
		c, _ := c.(map[string]any)
		name, _ := c["name"].(string)
		about, _ := c["description"].(string) // of a CRD's: … (in JSONPath format): .spec.password
		if Sensitive(strings.ReplaceAll(name, " ", "")) || strings.Contains(about, "JSONPath") && Sensitive(about[strings.LastIndexByte(about, '.')+1:]) {
			hidden = append(hidden, i)
		}
	}
	for _, row := range rows {
		row, _ := row.(map[string]any)
		if of, ok := row["object"].(map[string]any); ok {
			kind := kindOf(of, m.kind)
			if kind == "PartialObjectMetadata" {
				kind = m.kind
				if about, ok := of["metadata"].(map[string]any); ok {
					delete(about, "managedFields") // most of it, and no column
				}
			}
			m.object(kind, of)
		}
		cells, _ := row["cells"].([]any)
		for _, i := range hidden {
			if i < len(cells) {
				if text, ok := cells[i].(string); ok && !open(text) {
					cells[i] = marker(len(text))
				}
			}
		}
	}
}
