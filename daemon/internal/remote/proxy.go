package remote

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// proxyFrom reads the variables that net/http would take from the process, from
// environ instead: what loomd was started with is not what a server is given.
// The rules are those of http.ProxyFromEnvironment.
func proxyFrom(environ []string) func(*http.Request) (*url.URL, error) {
	vars := map[string]string{}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && value != "" {
			vars[name] = value
		}
	}
	first := func(names ...string) string {
		for _, n := range names {
			if v := vars[n]; v != "" {
				return v
			}
		}
		return ""
	}
	none := strings.Split(first("NO_PROXY", "no_proxy"), ",")
	return func(req *http.Request) (*url.URL, error) {
		name := "HTTP_PROXY"
		if req.URL.Scheme == "https" {
			name = "HTTPS_PROXY"
		}
		value := first(name, strings.ToLower(name))
		if value == "" || direct(req.URL, none) {
			return nil, nil
		}
		if !strings.Contains(value, "://") {
			value = "http://" + value
		}
		proxy, err := url.Parse(value)
		if err != nil || proxy.Host == "" {
			return nil, fmt.Errorf("%s is not the url of a proxy", name) // it may hold a password
		}
		return proxy, nil
	}
}

// direct reports whether a url is reached without a proxy: on this machine, or
// one that NO_PROXY names.
func direct(at *url.URL, none []string) bool {
	host, port := strings.ToLower(at.Hostname()), at.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[at.Scheme]
	}
	ip, err := netip.ParseAddr(host)
	isIP := err == nil
	if host == "localhost" || isIP && ip.IsLoopback() {
		return true
	}
	for _, entry := range none {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if entry == "*" {
			return true
		}
		if net, err := netip.ParsePrefix(entry); err == nil {
			if isIP && net.Contains(ip.Unmap()) {
				return true
			}
			continue
		}
		if h, p, err := net.SplitHostPort(entry); err == nil {
			if p != port {
				continue
			}
			entry = h
		}
		if entry == "" {
			continue
		}
		if other, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
			if isIP && other.Unmap() == ip.Unmap() {
				return true
			}
			continue
		}
		below := "." + strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
		if strings.HasSuffix(host, below) || host == entry {
			return true
		}
	}
	return false
}
