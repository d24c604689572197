package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/daemon/internal/container"
	"github.com/loom-core/loom/daemon/internal/orphan"
	"github.com/loom-core/loom/daemon/internal/pool"
)

// sweepLimit bounds the search for what a killed loomd left behind: whoever
// started this one waits.
const sweepLimit = 10 * time.Second

// state stands for the state directory in the environment of servers: two
// users of one machine, or a test beside a real loomd, keep out of each other's way.
func (a *App) state() string {
	sum := sha256.Sum256([]byte(a.opts.Dirs.State))
	return hex.EncodeToString(sum[:8])
}

// notes is where it is noted which containers run.
func (a *App) notes() string { return filepath.Join(a.opts.Dirs.State, "containers") }

// environ is what every server gets.
func (a *App) environ() []string { return environ.Pass(os.Environ()) }

// sweepOrphans ends what an earlier life of loomd left behind. It comes before
// the first server is started, and after the lock: no other loomd of this state
// directory runs. Containers are ended beside the start, since docker is slow. It
// returns the journal that this life goes on with.
func (a *App) sweepOrphans(instance string) *orphan.Journal {
	ctx, cancel := context.WithTimeout(a.life, sweepLimit)
	defer cancel()
	journal, err := orphan.OpenJournal(filepath.Join(a.opts.Dirs.State, "children"))
	if err != nil {
		a.log.Warn("the journal of processes cannot be read", "err", err)
	}
	left := orphan.Options{Journal: journal, InstanceVar: pool.InstanceVar, Instance: instance, StateVar: pool.StateVar, State: a.state()}
	report, err := orphan.Sweep(ctx, left)
	if err != nil {
		a.log.Warn("what an earlier loomd left behind was not found", "err", err)
	}
	if len(report.Found) > 0 {
		a.log.Warn("an earlier loomd left processes behind", "ended", report.Ended, "left", report.Left)
	}
	// At the end too: what left its server's group is not reached by a signal to it.
	a.atStop("what servers left", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), sweepLimit)
		defer cancel()
		left.Own = true
		_, err := orphan.Sweep(ctx, left)
		return err
	})
	a.background.Go(func() {
		ended, err := container.Sweep(a.life, a.notes(), instance, a.environ())
		if err != nil {
			a.log.Warn("what an earlier loomd left in containers", "err", err)
		}
		if len(ended) > 0 {
			a.log.Warn("an earlier loomd left containers behind", "ended", ended)
		}
	})
	return journal
}
