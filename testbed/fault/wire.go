package fault

// WrongLength sends a Content-Length that is by so many bytes too large, or too
// small if excess is negative, and closes the connection after the answer.
func WrongLength(excess int) Behaviour {
	return func(x *exchange) {
		x.lengthen()
		x.excess = int64(max(excess, -int(x.answer.ContentLength)))
	}
}

// HTTP10 answers as a server from before HTTP/1.1 does: the answer ends with its
// connection, and nothing says whether that is the whole of it.
func HTTP10() Behaviour {
	return func(x *exchange) {
		x.response()
		x.byHand, x.proto = true, "HTTP/1.0"
	}
}

// Close says that the connection will be closed after the answer, and does it.
func Close() Behaviour { return Header("Connection", "close") }

// CloseUnsaid closes the connection after the answer and does not say so: the
// client learns of it with its next request.
func CloseUnsaid() Behaviour { return func(x *exchange) { x.lengthen() } }

// lengthen has the answer written by hand, with its length.
func (x *exchange) lengthen() {
	if x.response().ContentLength < 0 {
		x.setText(x.text())
	}
	x.byHand = true
}
