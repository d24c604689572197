// Package forgetest is the conformance suite of the servers for forges, and a
// forge in memory. A server runs [Suite] over a [World], which is how its tools
// are called and how its forge is read and prepared without them: the suite
// works a whole day with the tools, and compares what they say with what is.
//
// Without a forge a server runs [Tools], which is what it promises of its tools,
// and [Said] and [Numbers] over a [Wire], which answers what a test tells it to.
package forgetest
