package fault

import "net/http"

const jsonKind = "application/json"

// Answer answers in place of the service.
func Answer(status int, contentType, body string) Behaviour {
	return func(x *exchange) { x.invent(status, contentType, body) }
}

// Status answers in place of the service, with no body.
func Status(status int) Behaviour { return Answer(status, "", "") }

// ErrorPage answers with a status and a page for people, as the proxies before a
// service do.
func ErrorPage(status int) Behaviour {
	return Answer(status, "text/html", page(http.StatusText(status)))
}

// LoginPage answers as a gateway does that wants a user to log in first: 200
// and a page, whatever was asked for.
func LoginPage() Behaviour {
	return Answer(http.StatusOK, "text/html; charset=utf-8", page("Log in to continue"))
}

func page(text string) string {
	return "<!DOCTYPE html>\n<html><head><title>" + text + "</title></head>\n<body><h1>" + text + "</h1></body></html>\n"
}

// Edit changes the status and the headers of the answer. For its body there are
// other behaviours.
func Edit(change func(status *int, header http.Header)) Behaviour {
	return func(x *exchange) {
		res := x.response()
		change(&res.StatusCode, res.Header)
	}
}

// Header sets a header of the answer.
func Header(name, value string) Behaviour {
	return Edit(func(_ *int, h http.Header) { h.Set(name, value) })
}

// ContentType has the answer called something else than it is.
func ContentType(kind string) Behaviour { return Header("Content-Type", kind) }
