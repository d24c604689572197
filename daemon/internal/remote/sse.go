package remote

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"time"
)

// position is how far a stream was read, across the connections that carry it.
type position struct {
	id    string        // of the last whole event, empty if the server gives none
	retry time.Duration // the server's wish, 0 without one
}

// event is what a blank line of an event stream completes (WHATWG HTML, section
// "Server-sent events").
type event struct {
	kind string // empty or "message" for a message
	data []byte // at most the reader's limit
	size int    // of the data that came; more than len(data) when it was cut
}

// events reads an event stream.
type events struct {
	src *bufio.Reader
	max int
	pos *position

	begun   bool // the byte order mark, if there was one, is behind us
	afterCR bool
}

func newEvents(src io.Reader, max int, pos *position) *events {
	return &events{src: bufio.NewReaderSize(src, 32<<10), max: max, pos: pos}
}

// The most that a server gets of its wishes.
const (
	maxEventID = 4 << 10 // bytes that are sent back to it
	maxRetry   = 5 * time.Minute
)

// next returns the next event. One without data is returned too: it may carry
// an id. An event whose blank line never comes is dropped, as the standard has
// it, and so is its id.
func (e *events) next() (event, error) {
	var ev event
	id, some, hasData := e.pos.id, false, false
	for {
		line, size, err := e.line()
		if err != nil {
			return event{}, err
		}
		if size == 0 {
			if !some {
				continue
			}
			e.pos.id = id
			return ev, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		size -= len(line) - len(value) // of the value, also when it was cut
		switch string(name) {
		case "data":
			if hasData {
				ev.data, ev.size = append(ev.data, '\n'), ev.size+1
				ev.data = append(ev.data, value...)
			} else {
				ev.data = value
			}
			ev.data, ev.size = ev.data[:min(len(ev.data), e.max)], ev.size+size
			some, hasData = true, true
		case "event":
			ev.kind = string(value)
			some = true
		case "id":
			if size <= maxEventID && bytes.IndexByte(value, 0) < 0 {
				id = string(value)
				some = true
			}
		case "retry":
			if ms, err := strconv.ParseUint(string(value), 10, 32); err == nil {
				e.pos.retry = min(time.Duration(ms)*time.Millisecond, maxRetry)
			}
		}
	}
}

// line returns the next line, which ends with CR, LF or both. It is cut where
// it is longer than any event may be; size is what it would have been. The
// slice belongs to the caller.
func (e *events) line() (line []byte, size int, err error) {
	limit := max(e.max, maxEventID) + len("data: ")
	for {
		if _, err := e.src.Peek(1); err != nil {
			return nil, 0, err
		}
		chunk, _ := e.src.Peek(e.src.Buffered())
		if e.afterCR {
			e.afterCR = false
			if chunk[0] == '\n' {
				e.src.Discard(1)
				continue
			}
		}
		end := bytes.IndexAny(chunk, "\r\n")
		part := chunk
		if end >= 0 {
			part = chunk[:end]
		}
		size += len(part)
		line = append(line, part[:min(len(part), limit-len(line))]...)
		if end < 0 {
			e.src.Discard(len(part))
			continue
		}
		e.afterCR = chunk[end] == '\r' // a peek for the LF could wait for ever
		e.src.Discard(end + 1)
		if !e.begun {
			e.begun = true
			mark := len(line)
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
			size -= mark - len(line)
		}
		return line, size, nil
	}
}
