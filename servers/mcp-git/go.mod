module github.com/loom-core/loom/servers/mcp-git

go 1.26.0

require (
	github.com/loom-core/loom/core v0.0.0
	github.com/loom-core/loom/servers/kit v0.0.0
)

replace github.com/loom-core/loom/core => ../../core

replace github.com/loom-core/loom/servers/kit => ../../servers/kit
