package main

import (
	"context"
	"encoding/json"

	"github.com/loom-core/loom/servers/kit"
)

// vector asks for numbers at one time. A scalar is a series without labels.
func (l *loki) vector(ctx context.Context, params map[string][]string) ([]series, error) {
	var a struct {
		ResultType string
		Result     json.RawMessage
	}
	if err := l.client.data(ctx, "query", params, &a); err != nil {
		return nil, err
	}
	var list []series
	var err error
	switch a.ResultType {
	case "vector":
		err = json.Unmarshal(a.Result, &list)
	case "scalar":
		var one sample
		err = json.Unmarshal(a.Result, &one)
		list = []series{{Value: &one}}
	default:
		return nil, kit.Errorf(kit.Unsupported, "Loki answered with %q, not with numbers", a.ResultType)
	}
	if err != nil {
		return nil, kit.Errorf(kit.Unavailable, "decoding the answer of GET /loki/api/v1/query: %w", err)
	}
	return list, nil
}

// matrix asks for numbers over a range.
func (l *loki) matrix(ctx context.Context, path string, params map[string][]string) ([]series, error) {
	var a struct {
		ResultType string
		Result     []series
	}
	if err := l.client.data(ctx, path, params, &a); err != nil {
		return nil, err
	}
	if a.ResultType != "matrix" && a.ResultType != "vector" {
		return nil, kit.Errorf(kit.Unsupported, "Loki answered with %q, not with numbers over time", a.ResultType)
	}
	return a.Result, nil
}
