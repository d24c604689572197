module github.com/loom-core/loom/registry

go 1.26.0

require github.com/loom-core/loom/core v0.0.0

require (
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	go.yaml.in/yaml/v3 v3.0.6
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/loom-core/loom/core => ../core
