package gitlab

import (
	"net/http"
	"strconv"
	"time"
)

// problem is an answer that is an error, in one of the forms that GitLab has:
// error with a text for parameters, message with a text, with a list, or with an
// object of lists for validations.
type problem struct {
	status int
	body   any
}

func (p *problem) Error() string { return strconv.Itoa(p.status) }

func missing(what string) error {
	return &problem{http.StatusNotFound, obj{"message": "404 " + what + " Not Found"}}
}

func bad(text string) error { return &problem{http.StatusBadRequest, obj{"message": text}} }

// invalid is a validation: what is wrong, by field.
func invalid(field string, texts ...string) error {
	return &problem{http.StatusBadRequest, obj{"message": obj{field: texts}}}
}

func forbidden() error { return &problem{http.StatusForbidden, obj{"message": "403 Forbidden"}} }

func conflict(text string) error { return &problem{http.StatusConflict, obj{"message": text}} }

// limit counts a request. The limit is one of a minute, and its headers come with
// every answer.
func (c *call) limit() error {
	if c.switches.RateLimit < 0 {
		return nil
	}
	const reset = 42 * time.Second
	until := time.Now().Add(reset)
	set := func(name, value string) { c.header.Set(name, value) }
	set("RateLimit-Name", "throttle_authenticated_api")
	set("RateLimit-Limit", "60")
	set("RateLimit-Reset", strconv.FormatInt(until.Unix(), 10))
	set("RateLimit-ResetTime", until.UTC().Format(http.TimeFormat))
	if c.switches.RateLimit == 0 {
		set("RateLimit-Observed", "61")
		set("RateLimit-Remaining", "0")
		set("Retry-After", strconv.Itoa(int(reset/time.Second)))
		return &problem{http.StatusTooManyRequests, raw{"text/plain", []byte("Retry later\n")}}
	}
	c.switches.RateLimit--
	set("RateLimit-Observed", strconv.Itoa(60-c.switches.RateLimit))
	set("RateLimit-Remaining", strconv.Itoa(c.switches.RateLimit))
	return nil
}
