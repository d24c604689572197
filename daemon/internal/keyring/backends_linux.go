package keyring

import core "github.com/loom-core/loom/core/keyring"

var backends = map[core.Backend]backend{
	core.SecretService: secretService,
	core.KWallet:       kwallet,
	core.Pass:          pass,
	core.File:          file,
	core.KeyCtl:        keyctl,
}
