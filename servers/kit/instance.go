package kit

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// instanceArg chooses among the instances of a server that has several.
const instanceArg = "instance"

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

// withInstances adds the argument where there is something to choose.
func (p *params) withInstances(names []string) *params {
	if len(names) < 2 {
		return p
	}
	if p.byName[instanceArg] != nil && p.byName[instanceArg].name == instanceArg {
		panic(fmt.Sprintf("declaring tool %s: the argument %s belongs to the kit", p.tool, instanceArg))
	}
	with := *p
	arg := &param{name: instanceArg, kind: reflect.String, enum: names, fallback: names[0]}
	with.list = append(slices.Clone(p.list), arg)
	with.byName = maps.Clone(p.byName)
	with.byName[instanceArg] = arg
	return &with
}
