package service

import "strings"

// advice is what to do about a service that did not start or did not stay, as
// far as its error and its last lines tell.
func advice(name, text string) string {
	for _, a := range []struct{ sign, advice string }{
		{"address already in use", "another program has taken the port. Run it again: free ones are looked for each time"},
		{"port is already allocated", "another program has taken the port. Run it again: free ones are looked for each time"},
		{"the engine lost it", "the container engine ended: make testbed-engine starts one"},
		{"no space left on device", "the disk is full. df -h shows which; go clean -cache -testcache and rm -r ~/.cache/loom-testbed make room, all of it comes back by itself"},
		{"too many open files", "raise the limit of open files: ulimit -n 4096"},
		{"cannot allocate memory", "there is too little memory for it: free shows how much, make e2e RUN=" + name + " needs less at once"},
		{"signal: killed", "somebody killed it, which may have been the kernel for want of memory: dmesg tells"},
		{"no such host", "a Go module could not be fetched: go env GOPROXY shows where from"},
		{"updates to go.mod needed", "go.mod and go.sum in testbed/services/" + name + " do not belong together: git checkout restores them"},
		{"missing go.sum entry", "go.mod and go.sum in testbed/services/" + name + " do not belong together: git checkout restores them"},
	} {
		if strings.Contains(text, a.sign) {
			return a.advice
		}
	}
	return "try it alone: make e2e RUN=" + name
}

// lines are the last of text, at most n, indented.
func lines(text string, n int) string {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return "  (nothing)"
	}
	all := strings.Split(text, "\n")
	return "  " + strings.Join(all[max(0, len(all)-n):], "\n  ")
}
