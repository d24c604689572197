package results

import (
	"net/url"
	"strconv"
	"strings"
)

// URIPrefix is what the URI of every kept result begins with.
const URIPrefix = "loom://results/"

// URI is the resource that a kept result is.
func URI(id string) string { return URIPrefix + id }

func uriAt(id string, offset int64) string {
	return URI(id) + "?offset=" + strconv.FormatInt(offset, 10)
}

// ParseURI takes loom://results/<id> and loom://results/<id>?offset=N apart. ok
// is false for any other URI.
func ParseURI(uri string) (id string, offset int64, ok bool) {
	rest, ok := strings.CutPrefix(uri, URIPrefix)
	if !ok {
		return "", 0, false
	}
	id, query, asked := strings.Cut(rest, "?")
	if !asked {
		return id, 0, id != ""
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", 0, false
	}
	offset, err = strconv.ParseInt(values.Get("offset"), 10, 64)
	return id, offset, err == nil && id != ""
}
