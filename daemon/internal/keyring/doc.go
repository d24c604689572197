// Package keyring is the inside of loom-keyring: it has one request done by the
// keyring of the system. core/keyring has the other end, and the words that pass
// between the two.
//
// The keyrings themselves are reached through github.com/99designs/keyring. What
// is added here is what that library leaves to its callers: whether a backend is
// there and open before it is used, so that what is locked is never taken for
// what is empty; the keyring that the desktop means, in place of one of our own;
// values that are replaced at once or not at all; and errors with a code.
package keyring
