package fakeserver

import (
	"strconv"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
)

// page answers a list with the part of all that its cursor stands for.
func (s *server) page(r *request, member string, all []string) {
	page, pages := 0, max(s.o.Pages, 1)
	if cursor := r.param("cursor"); cursor != nil {
		text, _ := jsonrpc.Text(cursor)
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n >= pages {
			s.fail(r, jsonrpc.CodeInvalidParams, "no page %s", cursor)
			return
		}
		page = n
	}
	next := ""
	if page+1 < pages {
		next = `,"nextCursor":"` + strconv.Itoa(page+1) + `"`
	}
	part := all[len(all)*page/pages : len(all)*(page+1)/pages]
	s.cached(r, []byte(`{"`+member+`":[`+strings.Join(part, ",")+`]`+next+`,"x-list":true}`))
}
