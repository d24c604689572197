package gitlab

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// read takes the parameters together.
func (c *call) read(body []byte) error {
	c.params = make(map[string]any)
	add := func(form map[string][]string) {
		for name, values := range form {
			if list, ok := strings.CutSuffix(name, "[]"); ok {
				all := make([]any, len(values))
				for i, v := range values {
					all[i] = v
				}
				c.params[list] = all
			} else if len(values) > 0 {
				c.params[name] = values[len(values)-1]
			}
		}
	}
	add(c.r.URL.Query())
	if len(body) == 0 {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		var more map[string]any
		if err := json.Unmarshal(body, &more); err != nil {
			return &problem{http.StatusBadRequest, obj{"error": "There was a problem in the JSON you submitted: " + err.Error()}}
		}
		for name, value := range more {
			c.params[name] = value
		}
	case "application/x-www-form-urlencoded":
		r := *c.r
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		r.Form, r.PostForm = nil, nil
		if err := r.ParseForm(); err != nil {
			return bad("the form cannot be read")
		}
		add(r.PostForm)
	default:
		return &problem{http.StatusUnsupportedMediaType, obj{"error": "The provided content-type '" + kind + "' is not supported."}}
	}
	return nil
}

func (c *call) has(name string) bool { _, ok := c.params[name]; return ok }

// str is a parameter as text, empty if it is null or not there.
func (c *call) str(name string) string {
	if v := c.r.PathValue(name); v != "" {
		return v
	}
	return text(c.params[name])
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func (c *call) int(name string) int { n, _ := strconv.Atoi(c.str(name)); return n }

func (c *call) bool(name string) bool {
	v := c.str(name)
	return v == "true" || v == "1"
}

// strs is a list, or a text with commas.
func (c *call) strs(name string) []string {
	var out []string
	switch v := c.params[name].(type) {
	case []any:
		for _, one := range v {
			out = append(out, text(one))
		}
	default:
		for one := range strings.SplitSeq(text(v), ",") {
			if one = strings.TrimSpace(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

func (c *call) ints(name string) []int {
	var out []int
	for _, one := range c.strs(name) {
		if n, err := strconv.Atoi(one); err == nil {
			out = append(out, n)
		}
	}
	return out
}

func (c *call) time(name string) time.Time {
	v := c.str(name)
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, v); err == nil {
			return t
		}
	}
	return time.Time{}
}

// need fails when one of the parameters is missing.
func (c *call) need(names ...string) error {
	var missing []string
	for _, name := range names {
		if c.str(name) == "" && !c.has(name) {
			missing = append(missing, name+" is missing")
		}
	}
	if missing != nil {
		return &problem{http.StatusBadRequest, obj{"error": strings.Join(missing, ", ")}}
	}
	return nil
}

// oneOf fails when a parameter is there and none of the values.
func (c *call) oneOf(name string, values ...string) error {
	v := c.str(name)
	if v == "" {
		return nil
	}
	for _, one := range values {
		if v == one {
			return nil
		}
	}
	return &problem{http.StatusBadRequest, obj{"error": name + " does not have a valid value"}}
}
