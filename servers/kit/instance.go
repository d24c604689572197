package kit

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// instanceArg chooses among the instances of a server that has several.
func (s *Server) instanceArg() string {
	if s.InstanceArg != "" {
		return s.InstanceArg
	}
	return "instance"
}

type instanceKey struct{}

// Instance is the name of the instance that the call of ctx is for: the one it
// chose, or the first of [Server].Instances. It is empty when those have no names.
func Instance(ctx context.Context) string {
	name, _ := ctx.Value(instanceKey{}).(string)
	return name
}

func withInstance(ctx context.Context, name string) context.Context {
	if name == "" {
		return ctx
	}
	return context.WithValue(ctx, instanceKey{}, name)
}

// instanceOf is the one of names that was asked for, the first if none was.
func instanceOf(names []string, asked string) string {
	if asked != "" || len(names) == 0 {
		return asked
	}
	return names[0]
}

// maxInstances is how long the names of instances may be together, with the
// default one, to be listed in the schema of each tool. Whoever gives one that is
// none of them is told all.
const maxInstances = 40

// withInstances adds the argument where there is something to choose.
func (p *params) withInstances(s *Server) *params {
	if len(s.Instances) < 2 {
		return p
	}
	name := s.instanceArg()
	if p.byName[name] != nil && p.byName[name].name == name {
		panic(fmt.Sprintf("declaring tool %s: the argument %s belongs to the kit", p.tool, name))
	}
	with := *p
	arg := &param{name: name, kind: reflect.String, enum: s.Instances, fallback: s.Instances[0]}
	arg.unlisted = len(encode(s.Instances))+len(s.Instances[0]) > maxInstances
	with.instance = name
	with.list = append(slices.Clone(p.list), arg)
	with.byName = maps.Clone(p.byName)
	with.byName[name] = arg
	return &with
}
