module github.com/loom-core/loom/core

go 1.26

require github.com/google/go-cmp v0.7.0
