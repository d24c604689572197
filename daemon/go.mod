module github.com/loom-core/loom/daemon

go 1.26.0

require github.com/loom-core/loom/core v0.0.0

replace github.com/loom-core/loom/core => ../core

replace github.com/loom-core/loom/registry => ../registry
