module github.com/loom-core/loom/proxy

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/loom-core/loom/core v0.0.0
	github.com/loom-core/loom/registry v0.0.0
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/rogpeppe/go-internal v1.16.0
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	github.com/spf13/cobra v1.10.2
	github.com/tailscale/hujson v0.0.0-20260727124030-b80ff77dac4f
	go.yaml.in/yaml/v3 v3.0.6
	golang.org/x/sys v0.49.0
	golang.org/x/term v0.47.0
	golang.org/x/tools v0.52.0
)

require (
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/spf13/pflag v1.0.10 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/loom-core/loom/core => ../core

replace github.com/loom-core/loom/registry => ../registry
