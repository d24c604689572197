module github.com/loom-core/loom/core

go 1.26
