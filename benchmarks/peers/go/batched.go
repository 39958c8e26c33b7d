package main

import "context"

const (
	oneAtOnce   = 1 // the larger the batches, the fewer statements and commits
	pagesAtOnce = 4
)

// batched asks the database once for all requests that wait at the same time.
func batched(ctx context.Context, db database) cases {
	return cases{
		birth:      newBatcher(ctx, oneAtOnce, byKey(db.births, noPerson)),
		save:       newBatcher(ctx, oneAtOnce, db.saveAll),
		account:    newBatcher(ctx, oneAtOnce, byKey(db.accounts, unauthorized)),
		item:       newBatcher(ctx, oneAtOnce, byKey(db.itemsByID, noItem)),
		items:      newBatcher(ctx, pagesAtOnce, shared(db.items)),
		createItem: newBatcher(ctx, oneAtOnce, db.createItems),
		order:      newBatcher(ctx, oneAtOnce, byKey(db.ordersByID, noOrder)),
		orders:     newBatcher(ctx, pagesAtOnce, shared(db.orders)),
		place:      newBatcher(ctx, oneAtOnce, db.placeAll),
		today:      newBatcher(ctx, pagesAtOnce, shared(db.birthdays)),
		upcoming:   newBatcher(ctx, pagesAtOnce, shared(db.birthdays)),
		search:     newBatcher(ctx, pagesAtOnce, shared(db.search)),
	}
}
