module github.com/loom-core/loom/testbed

go 1.26.0

require (
	code.gitea.io/sdk/gitea v0.25.1
	github.com/godbus/dbus v0.0.0-20190726142602-4481cbc300e2
	github.com/google/go-cmp v0.7.0
	github.com/loom-core/loom/core v0.0.0
	github.com/loom-core/loom/daemon v0.0.0
	github.com/loom-core/loom/proxy v0.0.0
	github.com/loom-core/loom/registry v0.0.0
	github.com/loom-core/loom/servers/kit v0.0.0
	github.com/mark3labs/mcp-go v1.2.1
	github.com/rogpeppe/go-internal v1.16.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/42wim/httpsig v1.2.4 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/davidmz/go-pageant v1.0.2 // indirect
	github.com/go-fed/httpsig v1.1.0 // indirect
	github.com/google/jsonschema-go v0.4.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-version v1.9.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	github.com/prometheus/client_golang v1.25.0 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	github.com/spf13/cast v1.7.1 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/tailscale/hujson v0.0.0-20260727124030-b80ff77dac4f // indirect
	github.com/yosida95/uritemplate/v3 v3.0.2 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/crypto v0.50.0 // indirect
	golang.org/x/term v0.47.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/loom-core/loom/core => ../core

replace github.com/loom-core/loom/registry => ../registry

replace github.com/loom-core/loom/proxy => ../proxy

replace github.com/loom-core/loom/daemon => ../daemon

replace github.com/loom-core/loom/servers/kit => ../servers/kit

replace github.com/loom-core/loom/servers/mcp-git => ../servers/mcp-git

replace github.com/loom-core/loom/servers/mcp-loki => ../servers/mcp-loki

replace github.com/loom-core/loom/servers/mcp-prometheus => ../servers/mcp-prometheus
