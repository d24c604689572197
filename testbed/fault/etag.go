package fault

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
)

// ETags gives each good answer an ETag, unless it has one, and answers 304 to
// who has it already.
func ETags() Behaviour {
	return func(x *exchange) {
		res := x.response()
		if res.StatusCode != http.StatusOK {
			return
		}
		tag := res.Header.Get("ETag")
		if tag == "" {
			sum := sha256.Sum256(x.text())
			tag = fmt.Sprintf(`"%x"`, sum[:8])
			res.Header.Set("ETag", tag)
		}
		if has(x.r.Header.Get("If-None-Match"), tag) {
			x.invent(http.StatusNotModified, "", "")
			x.answer.Header.Set("ETag", tag)
		}
	}
}

// has reports whether an If-None-Match has a tag. Whether it is weak does not
// count here.
func has(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// NotModified is a 304, also to a client that has nothing.
func NotModified() Behaviour { return Status(http.StatusNotModified) }
