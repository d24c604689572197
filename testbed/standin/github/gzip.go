package github

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// Gzip compresses answers for who takes that, as GitHub does.
func Gzip(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, req)
			return
		}
		z := &packed{ResponseWriter: w}
		next.ServeHTTP(z, req)
		if z.out != nil {
			z.out.Close() // the client may have left
		}
	})
}

// packed compresses what is written, if anything may be.
type packed struct {
	http.ResponseWriter
	out   *gzip.Writer
	begun bool
}

func (p *packed) WriteHeader(status int) {
	p.begun = true
	if status != http.StatusNoContent && status != http.StatusNotModified {
		p.Header().Set("Content-Encoding", "gzip")
		p.Header().Del("Content-Length")
		p.out = gzip.NewWriter(p.ResponseWriter)
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *packed) Write(b []byte) (int, error) {
	if !p.begun {
		p.WriteHeader(http.StatusOK)
	}
	if p.out == nil {
		return p.ResponseWriter.Write(b)
	}
	return p.out.Write(b)
}
