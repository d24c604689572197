// Package keyring runs loom-keyring against the real keyrings of a Linux
// machine: gnome-keyring on a session bus of its own, pass with a key that was
// just made, the encrypted file, and the kernel's. Everything is in a scratch
// home and is ended by the test that began it.
//
// make keyring runs it; alone, its tests skip themselves.
package keyring
