package keyring

import (
	"context"
	"errors"
	"strings"
	"testing"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// TestKeyctl: the kernel's keyring, where somebody chose it.
func TestKeyctl(t *testing.T) {
	needs(t)
	h := newHome(t)
	c := h.client(func(o *core.Options) { o.Backend = core.KeyCtl })
	if p := probed(t, c, core.KeyCtl); !p.Available {
		t.Skip("needs the kernel's keyrings: " + p.Why)
	} else if p.Automatic {
		t.Errorf("it was chosen by itself: %+v", p)
	}
	_, names, err := c.Names(t.Context(), core.KeyCtl)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) > 0 {
		t.Skipf("the keyring of this user holds %q, which are not ours to touch", names)
	}
	t.Cleanup(func() {
		for _, name := range []string{"token", "renamed", "a.B_c-1"} {
			_ = c.Delete(context.Background(), name) // the test's has ended
		}
	})
	exercise(t, c, core.KeyCtl, 16<<10) // the kernel takes 32 KiB, and of one user 20,000 bytes in all
	_, err = c.Set(t.Context(), "token", secret.NewValue(strings.Repeat("x", 32768)))
	if e := (*core.Error)(nil); !errors.As(err, &e) || e.Code != core.CodeBadRequest || !strings.Contains(e.Message, "32767") {
		t.Errorf("a value that is too long for it: %v", err)
	}
}
