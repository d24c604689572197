package secret

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const canary = "c4n4ry"

// leaks reports whether out shows the canary, plain or in hex.
func leaks(out string) bool {
	out = strings.ToLower(strings.ReplaceAll(out, " ", ""))
	return strings.Contains(out, canary) || strings.Contains(out, hex.EncodeToString([]byte(canary)))
}

func TestValueNeverPrints(t *testing.T) {
	v := NewValue(canary)
	type exported struct{ V Value }
	type hidden struct{ v Value }
	for name, x := range map[string]any{
		"value": v, "pointer": &v, "slice": []Value{v}, "map": map[string]Value{"k": v}, "key": map[Value]int{v: 1},
		"exported": exported{v}, "hidden": hidden{v}, "pointer to hidden": &hidden{v}, "any": []any{v},
		"memory": Memory{"k": v}, "memory in a struct": struct{ M Memory }{Memory{"k": v}},
		"lookup": NewLookup(nil, Memory{"k": v}),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%c", "%U", "%e", "%p", "%T", "%10.3s", "%z"} {
			if out := fmt.Sprintf(verb, x); leaks(out) {
				t.Errorf("%s with %s prints %s", name, verb, out)
			}
		}
		if out := fmt.Sprint(x) + fmt.Sprintln(x) + fmt.Errorf("x: %v", x).Error(); leaks(out) {
			t.Errorf("%s prints %s", name, out)
		}
		if out, _ := json.Marshal(x); leaks(string(out)) {
			t.Errorf("%s as JSON is %s", name, out)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", x)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", x)
		if leaks(log.String()) {
			t.Errorf("%s is logged as %s", name, &log)
		}
	}
}

func TestValueSaysRedacted(t *testing.T) {
	v := NewValue(canary)
	text, _ := v.MarshalText()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{v.String(), v.GoString(), v.LogValue().String(), string(text), strings.Trim(string(raw), `"`), fmt.Sprintf("%x", v), fmt.Sprintf("%d", v)} {
		if got != redacted {
			t.Errorf("got %q, want %s", got, redacted)
		}
	}
	if v.Reveal() != canary || (Value{}).Reveal() != "" || !v.Equal(NewValue(canary)) || v.Equal(Value{}) {
		t.Error("Reveal and Equal do not use the text")
	}
}

func TestMemory(t *testing.T) {
	m := Memory{"a": NewValue("x")}
	if v, err := m.Get(t.Context(), "a"); err != nil || v.Reveal() != "x" {
		t.Errorf("Get = %v, %v", v.Reveal(), err)
	}
	if _, err := m.Get(t.Context(), "b"); err != ErrNotFound {
		t.Errorf("Get of a missing name: %v", err)
	}
}
