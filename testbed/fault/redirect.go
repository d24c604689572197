package fault

import "net/http"

// Redirect sends the client with its path and query to another base URL, such
// as a [Stranger]'s:
//
//	stranger := fault.Stranger(t)
//	front.On(fault.Any, fault.Redirect(http.StatusFound, stranger.As("localhost")))
//	…
//	if got := stranger.Credentials(); len(got) > 0 { … }
//
// To net/http two ports of one machine are one host, and it sends Authorization
// along; As gives the Stranger a name of its own.
func Redirect(status int, base string) Behaviour {
	return func(x *exchange) { x.redirect(status, base+x.r.URL.RequestURI()) }
}

// RedirectTo sends the client to one URL, whatever it asked for.
func RedirectTo(status int, location string) Behaviour {
	return func(x *exchange) { x.redirect(status, location) }
}

// RedirectLoop sends the client back to where it is.
func RedirectLoop(status int) Behaviour {
	return func(x *exchange) { x.redirect(status, x.r.URL.RequestURI()) }
}

func (x *exchange) redirect(status int, location string) {
	x.invent(status, "text/html", page(http.StatusText(status)))
	x.answer.Header.Set("Location", location)
}
