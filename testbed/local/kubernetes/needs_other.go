//go:build !linux

package kubernetes

import "errors"

const programPath = "/usr/local/bin:/usr/bin:/bin"

func needs() error { return errors.New("a kubelet needs Linux") }

func find(string) string { return "" }

func pluginFolder() string { return "" }

func groupName() string { return "" }

func makeGroup(string) error { return needs() }

func groupFolders(string) []string { return nil }
