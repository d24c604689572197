// Package nonblock reads and writes pipes and sockets in non-blocking mode
// without a word to Go's scheduler.
//
// A system call that may block is announced to the scheduler, which then looks
// every 20 µs whether it has to give the processor to somebody else, from a
// thread of its own. A process that carries one small message at a time does
// little but such calls, so that thread wakes up with every message, and costs
// more than the message. A call on a file in non-blocking mode cannot block, and
// needs no such care: what would block is left to the poller as usual.
//
// Files that are not in non-blocking mode are read and written in the plain way.
package nonblock
