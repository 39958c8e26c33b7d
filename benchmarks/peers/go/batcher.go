package main

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	queueSize = 10_000
	batchSize = 500
)

type result[V any] struct {
	value V
	err   error
}

type call[K, V any] struct {
	key  K
	done chan result[V]
}

// batcher does in one go what has arrived while the calls before were under way, without a timer.
type batcher[K, V any] struct {
	run   func(context.Context, []K) []result[V]
	calls chan call[K, V]
}

// newBatcher runs at most so many batches at once; run returns a result for each key, in their order.
func newBatcher[K, V any](
	ctx context.Context, atOnce int, run func(context.Context, []K) []result[V],
) func(context.Context, K) (V, error) {
	made := &batcher[K, V]{run: run, calls: make(chan call[K, V], queueSize)}
	for range atOnce {
		go made.work(ctx)
	}
	return made.do
}

func (b *batcher[K, V]) do(ctx context.Context, key K) (V, error) {
	mine := call[K, V]{key, make(chan result[V], 1)}
	select {
	case b.calls <- mine:
	case <-ctx.Done():
		return *new(V), ctx.Err()
	}
	select {
	case found := <-mine.done:
		return found.value, found.err
	case <-ctx.Done():
		return *new(V), ctx.Err()
	}
}

func (b *batcher[K, V]) work(ctx context.Context) {
	for {
		select {
		case first := <-b.calls:
			b.finish(ctx, b.collect(first))
		case <-ctx.Done():
			return
		}
	}
}

// collect lets the requests that are ready to run arrive first.
func (b *batcher[K, V]) collect(first call[K, V]) []call[K, V] {
	runtime.Gosched()
	batch := []call[K, V]{first}
	for len(batch) < batchSize {
		select {
		case next := <-b.calls:
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

func (b *batcher[K, V]) finish(ctx context.Context, batch []call[K, V]) {
	keys := make([]K, len(batch))
	for i, one := range batch {
		keys[i] = one.key
	}
	for i, found := range b.run(ctx, keys) {
		batch[i].done <- found
	}
}

// byKey asks for each key once, and answers with a problem for a key that has no value.
func byKey[K comparable, V any](
	find func(context.Context, []K) (map[K]V, error), missing error,
) func(context.Context, []K) []result[V] {
	return func(ctx context.Context, keys []K) []result[V] {
		found, err := find(ctx, distinct(keys))
		results := make([]result[V], len(keys))
		for i, key := range keys {
			value, ok := found[key]
			results[i] = result[V]{value, err}
			if err == nil && !ok {
				results[i].err = missing
			}
		}
		return results
	}
}

// shared does the work for equal keys once: each waits for an answer that began after it had asked.
func shared[K comparable, V any](
	find func(context.Context, K) (V, error),
) func(context.Context, []K) []result[V] {
	return func(ctx context.Context, keys []K) []result[V] {
		wanted := distinct(keys)
		found := make(map[K]*result[V], len(wanted))
		var all sync.WaitGroup
		for _, key := range wanted {
			one := new(result[V])
			found[key] = one
			all.Go(func() { one.value, one.err = find(ctx, key) })
		}
		all.Wait()
		results := make([]result[V], len(keys))
		for i, key := range keys {
			results[i] = *found[key]
		}
		return results
	}
}

// together returns what was done for all at once. If one was refused, nothing was stored, and each is done alone.
func together[K, V any](
	ctx context.Context, keys []K, done []result[V], err error, alone func(context.Context, K) (V, error),
) []result[V] {
	if err == nil {
		return done
	}
	results := make([]result[V], len(keys))
	for i, key := range keys {
		if isRefusal(err) {
			results[i].value, results[i].err = alone(ctx, key)
		} else {
			results[i].err = err
		}
	}
	return results
}

// isRefusal is false for an error after which a transaction may have been committed.
func isRefusal(err error) bool {
	var known problem
	var refused *pgconn.PgError
	return errors.As(err, &known) || errors.As(err, &refused)
}

func distinct[K comparable](keys []K) []K {
	seen, kept := make(map[K]bool, len(keys)), make([]K, 0, len(keys))
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			kept = append(kept, key)
		}
	}
	return kept
}
