package upstream

import (
	"net/http"
	"testing"
)

// TestReads: a POST that only asks is sent again, and no other.
func TestReads(t *testing.T) {
	for _, reads := range []bool{true, false} {
		n := 0
		a := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				panic(http.ErrAbortHandler)
			}
			say(map[bool]int{true: 502, false: 200}[n == 2], "application/json", `{}`)(w, r)
		})
		c := open(t, "X_URL="+a.URL)
		_, err := c.Do(t.Context(), Request{Method: "POST", Path: "graphql", JSON: "q", Reads: reads})
		if want := map[bool]int{true: 3, false: 1}[reads]; n != want || (err == nil) != reads {
			t.Errorf("reads %v: asked %d times, %v", reads, n, err)
		}
	}
}
