package kit

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// params are the arguments of a tool: the fields of its struct, and those that
// the kit adds.
type params struct {
	tool     string
	typ      reflect.Type
	list     []*param          // in the order of the schema
	byName   map[string]*param // names and aliases
	instance string            // the argument that chooses one, empty if there is none
	paging   []int             // index of the embedded Paging or Resume, nil if there is none
	fields   []int             // index of the embedded Fields, nil if there is none
}

type param struct {
	name     string
	doc      string
	kind     reflect.Kind // String, Bool, Int, Float64, Slice or Map
	pointer  bool
	field    []int // nil: kept by the kit
	required bool
	clamp    bool
	nosplit  bool
	raw      bool // the text is not trimmed
	json     bool // objects and lists become text
	nullable bool // values of the map may be null
	loose    bool // not part of what a cursor belongs to
	enum     []string
	unlisted bool // enum is too long for the schema
	min, max *float64
	fallback any     // default, nil if none
	of       *params // members of each object, of a list of objects
}

// aliases are what models write for the names that Loom's tools use. They are
// taken silently and are not in the schema, which rides in every prompt.
var aliases = map[string][]string{
	"repo":           {"project", "project_id", "id"},
	"number":         {"iid", "issue_number", "pull_number", "merge_request_iid", "index"},
	"per_page":       {"limit", "page_size"},
	"cursor":         {"after", "continue", "page_token", "next_cursor"},
	"query":          {"expr", "logql", "promql", "q"},
	"start":          {"start_time", "start_rfc3339", "from"},
	"end":            {"end_time", "end_rfc3339", "to"},
	"ref":            {"branch", "sha"},
	"kind":           {"resource"},
	"label_selector": {"selector"},
}

var (
	pagingType = reflect.TypeFor[Paging]()
	resumeType = reflect.TypeFor[Resume]()
	fieldsType = reflect.TypeFor[Fields]()
)

func newParams(typ reflect.Type, def Def) (*params, error) {
	if typ.Kind() != reflect.Struct {
		return nil, fmt.Errorf("arguments are %s, want a struct", typ)
	}
	p := &params{tool: def.Name, typ: typ, byName: make(map[string]*param)}
	var extra []string // alias tags, in the order of list
	add := func(arg *param, alias string) {
		p.list = append(p.list, arg)
		extra = append(extra, alias)
	}
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous && (f.Type == pagingType || f.Type == resumeType) {
			p.paging = f.Index
			if f.Type == pagingType {
				size, most := cmpOr(def.PerPage, defaultPerPage), cmpOr(def.MaxPerPage, defaultMaxPerPage)
				add(&param{name: "page", kind: reflect.Int, min: number(1), max: number(maxPage), fallback: 1}, "")
				add(&param{name: "per_page", kind: reflect.Int, min: number(1), max: number(float64(most)), clamp: true, fallback: size}, "")
			}
			continue
		}
		if f.Anonymous && f.Type == fieldsType {
			p.fields = f.Index
			add(&param{name: "fields", kind: reflect.Slice, loose: true, doc: "only these members of each record; a dot goes deeper"}, "")
			continue
		}
		tag, ok := f.Tag.Lookup("arg")
		if !ok {
			continue
		}
		arg, err := newParam(f, tag)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		add(arg, f.Tag.Get("alias"))
	}
	own := slices.ContainsFunc(p.list, func(arg *param) bool { return arg.name == "cursor" })
	if !def.bare && !own && (p.paging != nil || def.payload() && !def.Once) {
		add(&param{name: "cursor", kind: reflect.String, loose: true, doc: "next_cursor of the answer before"}, "")
	}
	if !def.bare {
		add(&param{name: "max_bytes", kind: reflect.Int, min: number(minMaxBytes), max: number(maxMaxBytes), clamp: true, loose: true}, "")
	}

	for _, arg := range p.list {
		if p.byName[arg.name] != nil {
			return nil, fmt.Errorf("argument %s is declared twice", arg.name)
		}
		p.byName[arg.name] = arg
		if def.Say != nil {
			arg.doc = def.Say(arg.doc)
		}
	}
	for i, arg := range p.list {
		if err := p.addAliases(arg, extra[i], def); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// addAliases enters the names of arg. One of the tool itself goes before one of the kit.
func (p *params) addAliases(arg *param, tag string, def Def) error {
	if tag == "-" {
		return nil
	}
	for _, name := range splitList(tag) {
		if other := p.byName[name]; other != nil && slices.Contains(p.list, other) && other.name == name {
			return fmt.Errorf("alias %s of %s is an argument itself", name, arg.name)
		}
		p.byName[name] = arg
	}
	if arg.name == "ref" && def.Hints.ReadOnly != Yes {
		return nil // what a write goes to is not guessed
	}
	for _, name := range aliases[arg.name] {
		if p.byName[name] == nil {
			p.byName[name] = arg
		}
	}
	return nil
}

func newParam(f reflect.StructField, tag string) (*param, error) {
	options := strings.Split(tag, ",")
	arg := &param{name: options[0], doc: f.Tag.Get("doc"), field: f.Index}
	for _, option := range options[1:] {
		switch option {
		case "required":
			arg.required = true
		case "clamp":
			arg.clamp = true
		case "nosplit":
			arg.nosplit = true
		case "raw":
			arg.raw = true
		case "json":
			arg.json, arg.raw = true, true
		case "loose":
			arg.loose = true
		default:
			return nil, fmt.Errorf("unknown option %q", option)
		}
	}
	typ := f.Type
	if typ.Kind() == reflect.Pointer {
		arg.pointer, typ = true, typ.Elem()
	}
	switch arg.kind = typ.Kind(); {
	case arg.kind == reflect.String, arg.kind == reflect.Bool, arg.kind == reflect.Int, arg.kind == reflect.Float64:
	case typ == reflect.TypeFor[[]string]() && !arg.pointer:
	case typ == reflect.TypeFor[map[string]string]() && !arg.pointer:
	case typ == reflect.TypeFor[map[string]*string]() && !arg.pointer:
		arg.nullable = true
	default:
		if objects, err := arg.objectList(typ); err != nil {
			return nil, err
		} else if !objects || arg.pointer {
			return nil, fmt.Errorf("type %s cannot be an argument", f.Type)
		}
	}
	arg.enum = splitList(f.Tag.Get("enum"))
	for name, limit := range map[string]**float64{"min": &arg.min, "max": &arg.max} {
		if text := f.Tag.Get(name); text != "" {
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			*limit = &n
		}
	}
	if text, ok := f.Tag.Lookup("default"); ok {
		v, err := arg.coerce(text)
		if err != nil {
			return nil, fmt.Errorf("default: %w", err)
		}
		arg.fallback = v
	}
	return arg, nil
}

// schema is written by hand so that the arguments keep their order: the most
// important first.
func (p *params) schema() json.RawMessage {
	var props, required []string
	for _, arg := range p.list {
		props = append(props, quote(arg.name)+":"+arg.schema())
		if arg.required {
			required = append(required, quote(arg.name))
		}
	}
	text := `{"type":"object","properties":{` + strings.Join(props, ",") + `}`
	if required != nil {
		text += `,"required":[` + strings.Join(required, ",") + `]`
	}
	return json.RawMessage(text + `,"additionalProperties":false}`)
}

func (arg *param) schema() string {
	var b strings.Builder
	switch {
	case arg.of != nil:
		b.WriteString(`{"type":"array","items":` + string(arg.of.schema()))
	case arg.kind == reflect.Slice:
		b.WriteString(`{"type":"array","items":{"type":"string"}`)
	case arg.nullable:
		b.WriteString(`{"type":"object","additionalProperties":{"type":["string","null"]}`)
	case arg.kind == reflect.Map:
		b.WriteString(`{"type":"object","additionalProperties":{"type":"string"}`)
	default:
		fmt.Fprintf(&b, `{"type":%q`, map[reflect.Kind]string{
			reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Float64: "number"}[arg.kind])
	}
	if arg.doc != "" {
		b.WriteString(`,"description":` + quote(arg.doc))
	}
	if arg.unlisted {
		fmt.Fprintf(&b, `,"description":"? lists all %d"}`, len(arg.enum))
		return b.String()
	}
	if arg.enum != nil {
		b.WriteString(`,"enum":` + encode(arg.enum))
	}
	if arg.fallback != nil {
		b.WriteString(`,"default":` + encode(arg.fallback))
	}
	if arg.min != nil && arg.name != "max_bytes" && *arg.min != 1 {
		b.WriteString(`,"minimum":` + encode(*arg.min))
	}
	if arg.max != nil && arg.name != "page" {
		b.WriteString(`,"maximum":` + encode(*arg.max))
	}
	return b.String() + "}"
}

// outputSchema names the members of an answer and no more: it rides in tools/list.
func outputSchema(def Def) json.RawMessage {
	var props, required []string
	add := func(name, typ string, always bool) {
		text := quote(name) + `:{}`
		if typ != "" {
			text = fmt.Sprintf(`%s:{"type":%q}`, quote(name), typ)
		}
		props = append(props, text)
		if always {
			required = append(required, quote(name))
		}
	}
	if def.Output != nil {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(def.Output)) {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			add(name, jsonType(f.Type), !strings.Contains(options, "omit"))
		}
	}
	if def.ListName != "" {
		add(def.ListName, "array", true)
		add("pagination", "object", true)
	}
	text := `{"type":"object","properties":{` + strings.Join(props, ",") + `}`
	if required != nil {
		text += `,"required":[` + strings.Join(required, ",") + `]`
	}
	return json.RawMessage(text + `}`)
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return "" // a pointer may be null, an interface anything
}

func splitList(s string) []string {
	var list []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

func number(f float64) *float64 { return &f }

func cmpOr(n, otherwise int) int {
	if n != 0 {
		return n
	}
	return otherwise
}

func quote(s string) string { return encode(s) }

// encode is JSON without the HTML escapes. v is made of plain values.
func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n")
}
