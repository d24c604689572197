// Package secret reads the references that a registry holds instead of values,
// and carries the values so that they are never printed.
//
// A reference is one of
//
//	${env:N}  ${env:N:-text}  ${env:N?}
//	${secret:N}  ${secret:N?}
//	${secretfile:N}
//
// or the same between $< and >, for a file whose other readers take ${ for
// their own, and for a default that holds a closing brace. :- gives the text to
// use when the variable is unset or empty, as in a shell. ? means that the whole
// variable is left out when there is no such value. $$ is a literal $, and a $
// before anything else is just a $. Every other ${ or $< is an error: a
// reference that is misspelt must not reach a server as text.
//
// Expansion happens once. What a reference stands for is never looked at again,
// so a token that holds ${ is passed on as it is.
//
// The package knows no keyring: where values come from is a [Lookup] or a
// [Store]. loomd expands when it starts a server; the registry only parses, to
// report mistakes with their place.
package secret
