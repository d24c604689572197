package kit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// common are the arguments that the kit itself acts on.
type common struct {
	maxBytes int
	key      string // what a cursor of this call belongs to
	offset   int    // from the cursor, 0 without one
	token    string // from the cursor of a [Chain]
	resumed  bool   // there was a cursor
	instance string // empty: the call did not choose one
	fields   []string
	attached bool // the answer has no cursor: it is a resource, or of a tool that acts
}

// decode reads the arguments of a call. All problems come in one error, so
// that a model can mend them in one step.
func (p *params) decode(raw json.RawMessage, limits Limits) (reflect.Value, common, *Error) {
	target := reflect.New(p.typ).Elem()
	given, err := argumentsObject(raw)
	if err != nil {
		return target, common{}, Errorf(InvalidArgument, "%w", err).WithHint("%s", p.usage())
	}
	values, problems := p.fill(p.joinOwner(given), target)
	c := common{maxBytes: limits.MaxBytes, key: p.cursorKey(values)}
	if n, ok := values["max_bytes"].(int); ok {
		c.maxBytes = n
	}
	if p.fields != nil {
		c.fields, _ = values["fields"].([]string)
		target.FieldByIndex(p.fields).Set(reflect.ValueOf(Fields{c.fields}))
	}
	if p.instance != "" {
		c.instance, _ = values[p.instance].(string)
	}
	if err := p.resume(values, target, &c); err != nil {
		problems = append(problems, err)
	}
	if problems != nil {
		slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		texts := make([]string, len(problems))
		for i, problem := range problems {
			texts[i] = problem.Error()
		}
		return target, c, Errorf(InvalidArgument, "%s", strings.Join(texts, "; ")).WithHint("%s", p.usage())
	}
	return target, c, nil
}

// fill sets the fields of target from what was given.
func (p *params) fill(given map[string]any, target reflect.Value) (map[string]any, []error) {
	values, refused, problems := p.match(given)
	for _, arg := range p.list {
		if values[arg.name] == nil && arg.fallback != nil {
			values[arg.name] = arg.fallback
		}
		if values[arg.name] == nil && arg.required && !refused[arg.name] {
			problems = append(problems, fmt.Errorf("argument %q is required", arg.name))
		}
		if v := values[arg.name]; v != nil && arg.field != nil {
			arg.set(target.FieldByIndex(arg.field), v)
		}
	}
	return values, problems
}

// resume sets the embedded Paging or Resume and the offset.
func (p *params) resume(values map[string]any, target reflect.Value, c *common) error {
	if text, ok := values["cursor"].(string); ok && text != "" && (p.paging != nil || p.byName["cursor"].field == nil) {
		where, err := decodePlace(c.key, text)
		if err != nil {
			return err
		}
		c.offset, c.token, c.resumed = where.Skip, where.Token, true
	}
	if p.paging == nil {
		return nil
	}
	switch field := target.FieldByIndex(p.paging).Addr().Interface().(type) {
	case *Resume:
		*field = Resume{offset: c.offset, resumed: c.resumed}
	case *Paging:
		page, size := values["page"].(int), values["per_page"].(int)
		*field = Paging{Page: page, PerPage: size, offset: (page - 1) * size}
		if c.resumed {
			field.Page, field.offset, field.token, field.resumed = 0, c.offset, c.token, true
		}
	}
	return nil
}

// cursorKey stands for the tool and the arguments that choose what is listed,
// so that a cursor is not used on another list by mistake.
func (p *params) cursorKey(values map[string]any) string {
	chosen := make(map[string]any)
	for _, arg := range p.list {
		if v := values[arg.name]; v != nil && !arg.loose && arg.name != "page" && arg.name != "per_page" {
			chosen[arg.name] = v
		}
	}
	sum := sha256.Sum256([]byte(p.tool + encode(chosen)))
	return hex.EncodeToString(sum[:4])
}

// argumentsObject decodes the arguments. Some models send the object as a string.
func argumentsObject(raw json.RawMessage) (map[string]any, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var inner string
	if raw[0] == '"' && json.Unmarshal(raw, &inner) == nil {
		raw = []byte(inner)
		if strings.TrimSpace(inner) == "" {
			return nil, nil
		}
	}
	var given map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&given); err != nil {
		return nil, errors.New("the arguments are not a JSON object")
	}
	return given, nil
}

// match finds the argument for each name that was sent and coerces its value.
// refused are those whose value is wrong, of which nothing else is to be said.
func (p *params) match(given map[string]any) (values map[string]any, refused map[string]bool, problems []error) {
	values, refused = make(map[string]any), make(map[string]bool)
	from := make(map[string]string)
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		arg := p.byName[name]
		if arg == nil {
			arg = p.byName[snake(name)]
		}
		if arg == nil {
			problems = append(problems, p.unknown(name))
			continue
		}
		v, err := arg.coerce(given[name])
		if err != nil {
			problems = append(problems, fmt.Errorf("argument %q: %w", name, err))
			refused[arg.name] = true
			continue
		}
		if v == nil {
			continue // null and "" stand for absent
		}
		if first, taken := from[arg.name]; taken && encode(values[arg.name]) != encode(v) {
			problems = append(problems, fmt.Errorf("arguments %q and %q both set %s, to different values", first, name, arg.name))
			continue
		}
		values[arg.name], from[arg.name] = v, name
	}
	return values, refused, problems
}

func (p *params) unknown(name string) error {
	name = shorten(name, 64) // comparing costs its length times that of all others
	best, distance := "", 0
	for candidate, arg := range p.byName {
		d := editDistance(snake(name), candidate)
		if best == "" || d < distance || d == distance && arg.name < best {
			best, distance = arg.name, d
		}
	}
	if distance <= max(2, len(name)/3) {
		return fmt.Errorf("unknown argument %q, did you mean %q?", name, best)
	}
	return fmt.Errorf("unknown argument %q", name)
}

func (p *params) usage() string {
	if len(p.list) == 0 {
		return p.tool + " takes no arguments"
	}
	return p.tool + " takes " + p.names()
}

func (p *params) names() string {
	names := make([]string, len(p.list))
	for i, arg := range p.list {
		if names[i] = arg.name; arg.required {
			names[i] += " (required)"
		}
	}
	return strings.Join(names, ", ")
}

// snake turns perPage, PerPage and per-page into per_page.
func snake(name string) string {
	var b strings.Builder
	before := rune('_')
	for _, r := range strings.TrimSpace(name) {
		switch {
		case r == '-' || r == ' ' || r == '.':
			r = '_'
		case unicode.IsUpper(r):
			if before != '_' && !unicode.IsUpper(before) {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}

// editDistance counts inserted, removed, changed and swapped letters.
func editDistance(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// Nearest returns the candidate that name was most likely meant to be, "" when
// none is near. Servers use it in hints: did you mean namespace "payments"?
func Nearest(name string, candidates []string) string {
	best, distance := "", max(2, len(name)/3)+1
	for _, candidate := range candidates {
		if d := editDistance(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}
