module github.com/loom-core/loom/servers/mcp-gitea

go 1.26.0

require (
	code.gitea.io/sdk/gitea v0.25.1
	github.com/loom-core/loom/servers/forge v0.0.0
	github.com/loom-core/loom/servers/kit v0.0.0
)

require (
	github.com/42wim/httpsig v1.2.4 // indirect
	github.com/davidmz/go-pageant v1.0.2 // indirect
	github.com/go-fed/httpsig v1.1.0 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/google/jsonschema-go v0.4.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/hashicorp/go-version v1.9.0 // indirect
	github.com/loom-core/loom/core v0.0.0 // indirect
	github.com/mark3labs/mcp-go v1.2.1 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	github.com/spf13/cast v1.7.1 // indirect
	github.com/vektah/gqlparser/v2 v2.5.64 // indirect
	github.com/yosida95/uritemplate/v3 v3.0.2 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/loom-core/loom/core => ../../core

replace github.com/loom-core/loom/servers/forge => ../../servers/forge

replace github.com/loom-core/loom/servers/kit => ../../servers/kit
