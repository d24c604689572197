// Package chaos runs the whole of Loom while everything that it is made of
// breaks: eight clients of both eras call four servers in every way that MCP
// has, and meanwhile servers, loomd and proxies are killed, stopped and woken,
// servers become slow, noisy and wrong, and the registry changes under them.
//
// What must hold is checked all the time and once more at the end: each request
// of a client that lives ends once, with its own answer or with an error that
// says so; nobody is asked another's question; nothing hangs, nothing is left
// behind, and nothing grows. [Run] says at the end what happened, in figures.
//
// One number, the seed, decides what is called and what breaks, in which order;
// not when, since that is up to the machine.
package chaos
