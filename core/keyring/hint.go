package keyring

// hint is the command that mends an error, where one is known.
func hint(code Code, backend Backend) string {
	switch code {
	case CodeLocked, CodeTimeout:
		if text, ok := unlocking[backend]; ok {
			return text
		}
		return doctor
	case CodeNoBackend:
		return "loom secret set NAME --backend file keeps secrets in an encrypted file; loom secret doctor says what is missing for the others"
	case CodePassphrase:
		return "loom unlock asks for it again"
	case CodeFull:
		return "free some space and try again; nothing was changed"
	case CodeUnavailable, CodeFailed:
		return doctor
	}
	return ""
}

const doctor = "loom secret doctor shows what each keyring says"

// unlocking says how each backend is opened. Those that the system opens at
// login have no command of ours.
var unlocking = map[Backend]string{
	SecretService: "unlock the desktop's keyring: log in to the desktop, open its password application, or on a machine without one run gnome-keyring-daemon --replace --unlock, which reads it from stdin; loom secret doctor shows whether it worked",
	KWallet:       "open the wallet in KWalletManager, or log in to the desktop; loom secret doctor shows whether it worked",
	Pass:          "pass ls loom, then pass show of one of them in a terminal asks for the passphrase of your key, and gpg-agent keeps it",
	Keychain:      "security unlock-keychain in a terminal opens it",
	File:          "loom unlock asks for its passphrase",
}
