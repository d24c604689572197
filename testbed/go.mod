module github.com/loom-core/loom/testbed

go 1.26.0

require github.com/loom-core/loom/core v0.0.0

replace github.com/loom-core/loom/core => ../core

replace github.com/loom-core/loom/registry => ../registry

replace github.com/loom-core/loom/proxy => ../proxy

replace github.com/loom-core/loom/daemon => ../daemon

replace github.com/loom-core/loom/servers/kit => ../servers/kit

replace github.com/loom-core/loom/servers/mcp-git => ../servers/mcp-git

replace github.com/loom-core/loom/servers/mcp-prometheus => ../servers/mcp-prometheus
