package kit

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Numbers as JSON writes them: no 099, no +5.
var (
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	anyNumber   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// coerce turns a decoded JSON value into the argument's type and checks it.
// nil means absent.
func (arg *param) coerce(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if s, ok := v.(string); ok && arg.kind != reflect.String && strings.TrimSpace(s) == "" {
		return nil, nil
	}
	if arg.of != nil {
		return arg.coerceObjects(v)
	}
	switch arg.kind {
	case reflect.Bool:
		return coerceBool(v)
	case reflect.Int, reflect.Float64:
		return arg.coerceNumber(v)
	case reflect.Slice:
		return arg.coerceList(v)
	case reflect.Map:
		return arg.coerceMap(v)
	}
	if arg.json {
		switch v.(type) {
		case map[string]any, []any:
			v = encode(v)
		}
	}
	s, err := scalar(v)
	if err != nil {
		return nil, fmt.Errorf("want text, got %s", describe(v))
	}
	if !arg.raw {
		s = strings.TrimSpace(s)
	}
	if s == "" && !arg.raw {
		return nil, nil
	}
	return arg.oneOf(s)
}

func coerceBool(v any) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return nil, fmt.Errorf("want true or false, got %s", describe(v))
}

func (arg *param) coerceNumber(v any) (any, error) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	var n float64
	var err error
	if arg.kind == reflect.Int {
		if !wholeNumber.MatchString(text) {
			return nil, fmt.Errorf("want a whole number, got %s", describe(v))
		}
		var whole int
		whole, err = strconv.Atoi(text)
		n = float64(whole)
		if in, outside := arg.within(n); err == nil && outside == nil && in == n {
			return whole, nil // not by way of n, which rounds over 2^53
		}
	} else {
		if !anyNumber.MatchString(text) {
			return nil, fmt.Errorf("want a number, got %s", describe(v))
		}
		n, err = strconv.ParseFloat(text, 64)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is out of range", text)
	}
	if n, err = arg.within(n); err != nil {
		return nil, err
	}
	if arg.kind == reflect.Int {
		return int(n), nil
	}
	return n, nil
}

func (arg *param) within(n float64) (float64, error) {
	low, high := arg.min != nil && n < *arg.min, arg.max != nil && n > *arg.max
	switch {
	case low && arg.clamp:
		return *arg.min, nil
	case high && arg.clamp:
		return *arg.max, nil
	case low || high:
		switch {
		case arg.max == nil:
			return n, fmt.Errorf("%s is too small, the least is %s", plain(n), plain(*arg.min))
		case arg.min == nil:
			return n, fmt.Errorf("%s is too large, the most is %s", plain(n), plain(*arg.max))
		}
		return n, fmt.Errorf("%s is outside of %s to %s", plain(n), plain(*arg.min), plain(*arg.max))
	}
	return n, nil
}

// plain is a number as people write it, without an exponent where it can do so.
func plain(n float64) string {
	if math.Abs(n) < 1e15 {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(n)
}

// coerceList takes a list, a list as JSON text, and text with commas.
func (arg *param) coerceList(v any) (any, error) {
	if s, ok := v.(string); ok {
		var inner []any
		switch s = strings.TrimSpace(s); {
		case strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &inner) == nil:
			v = inner
		case arg.nosplit:
			v = []any{s}
		default:
			parts := splitList(s)
			inner = make([]any, len(parts))
			for i, part := range parts {
				inner[i] = part
			}
			v = inner
		}
	}
	elements, ok := v.([]any)
	if !ok {
		elements = []any{v} // one number or bool
	}
	list := make([]string, 0, len(elements))
	for _, e := range elements {
		s, err := scalar(e)
		if err != nil {
			return nil, fmt.Errorf("want a list of texts, got %s", describe(v))
		}
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if s, err = arg.oneOf(s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// coerceMap takes an object, an object as JSON text, and a=b,c=d.
func (arg *param) coerceMap(v any) (any, error) {
	m := make(map[string]*string)
	if s, ok := v.(string); ok {
		var inner map[string]any
		if json.Unmarshal([]byte(s), &inner) == nil && inner != nil {
			v = inner
		} else {
			for _, part := range splitList(s) {
				name, value, ok := strings.Cut(part, "=")
				if !ok {
					return nil, fmt.Errorf("want an object or name=value, got %s", describe(v))
				}
				value = strings.TrimSpace(value)
				m[strings.TrimSpace(name)] = &value
			}
			return arg.mapOf(m), nil
		}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("want an object, got %s", describe(v))
	}
	for name, value := range object {
		if value == nil && arg.nullable {
			m[name] = nil
			continue
		}
		s, err := scalar(value)
		if err != nil {
			return nil, fmt.Errorf("%s: want text, got %s", name, describe(value))
		}
		m[name] = &s
	}
	return arg.mapOf(m), nil
}

// mapOf is m in the type of the field.
func (arg *param) mapOf(m map[string]*string) any {
	if arg.nullable {
		return m
	}
	plain := make(map[string]string, len(m))
	for name, value := range m {
		plain[name] = *value
	}
	return plain
}

func scalar(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case float64: // from JSON text inside a string
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", fmt.Errorf("want text, got %s", describe(v))
}

func (arg *param) oneOf(s string) (string, error) {
	if arg.enum == nil {
		return s, nil
	}
	for _, allowed := range arg.enum {
		if strings.EqualFold(s, allowed) {
			return allowed, nil
		}
	}
	problem := fmt.Sprintf("%q is not one of %s", s, strings.Join(arg.enum, ", "))
	if near := Nearest(s, arg.enum); near != "" {
		problem += fmt.Sprintf(", did you mean %q?", near)
	}
	return s, fmt.Errorf("%s", problem)
}

func describe(v any) string {
	switch v.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case nil:
		return "null"
	}
	return shorten(encode(v), 60)
}

func (arg *param) set(field reflect.Value, v any) {
	value := reflect.ValueOf(v)
	if arg.pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	field.Set(value.Convert(field.Type()))
}
