package main

import "k8s.io/apimachinery/pkg/runtime"

// into decodes an object into a Go type, as far as it fits.
func into(o map[string]any, v any) error {
	return runtime.DefaultUnstructuredConverter.FromUnstructured(o, v)
}
