package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	addOrders = `INSERT INTO orders
			(id, customer_id, status, recipient, total_cents, version, due_at, created_at, updated_at)
		SELECT id, customer, 'CREATED', recipient, total, 1, due, at, at
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
			AS given (id, customer, recipient, total, due, at)`
	addMoves = `INSERT INTO order_history (order_id, version, status, at)
		SELECT id, 1, 'CREATED', at FROM unnest($1::uuid[], $2::timestamptz[]) AS given (id, at)`
	addKeys = `INSERT INTO idempotency_keys (account_id, key, fingerprint, order_id, answer, created_at)
		SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[], $5::bytea[], $6::timestamptz[])`
	knownPeople = "SELECT username FROM people WHERE username = ANY($1)"
)

// placeAll places orders in one commit. Where one is refused, or a key has been used, each goes its own way.
func (db database) placeAll(ctx context.Context, wanted []placing) []result[placed] {
	results, err := db.placeTogether(ctx, wanted)
	return together(ctx, wanted, results, err, db.place)
}

func (db database) placeTogether(ctx context.Context, wanted []placing) ([]result[placed], error) {
	items, people, err := db.knownOfAll(ctx, wanted)
	if err != nil {
		return nil, err
	}
	results := make([]result[placed], len(wanted))
	var rows orderRows
	for i, one := range wanted {
		results[i].value, results[i].err = rows.place(one, items, people)
	}
	if len(rows.ids) == 0 {
		return results, nil
	}
	return results, db.pool.SendBatch(ctx, rows.batch()).Close()
}

func (db database) knownOfAll(
	ctx context.Context, wanted []placing,
) (map[entityID]pricedItem, map[string]bool, error) {
	var ids []entityID
	var names []string
	for _, one := range wanted {
		ids = append(ids, one.content.itemIDs()...)
		if one.content.Recipient != nil {
			names = append(names, *one.content.Recipient)
		}
	}
	items, people := map[entityID]pricedItem{}, map[string]bool{}
	var batch pgx.Batch
	batch.Queue(pricedItems, distinct(ids)).Query(func(rows pgx.Rows) error { return scanPrices(rows, items) })
	if len(names) > 0 {
		batch.Queue(knownPeople, distinct(names)).Query(func(rows pgx.Rows) error { return scanNames(rows, people) })
	}
	return items, people, db.pool.SendBatch(ctx, &batch).Close()
}

func scanNames(rows pgx.Rows, into map[string]bool) error {
	var name string
	_, err := pgx.ForEachRow(rows, []any{&name}, func() error {
		into[name] = true
		return nil
	})
	return err
}

// orderRows are orders by column, with all that is stored beside them.
type orderRows struct {
	ids, customers []entityID
	recipients     []*string
	totals         []int64
	due, times     []time.Time
	lines          lineRows
	events         eventRows
	keys           keyRows
}

type keyRows struct {
	accounts, orders      []entityID
	keys                  []string
	fingerprints, answers [][]byte
	times                 []time.Time
}

func (r *orderRows) place(
	wanted placing, items map[entityID]pricedItem, people map[string]bool,
) (placed, error) {
	if name := wanted.content.Recipient; name != nil && !people[*name] {
		return placed{}, badRequest("recipient: no user of this name")
	}
	made, err := newOrder(wanted, items)
	if err != nil {
		return placed{}, err
	}
	reply, err := placedOf(made)
	if err != nil {
		return placed{}, err
	}
	r.add(made)
	r.events.add("order.created", made.ID, made.CreatedAt, reply.body)
	return reply, r.keys.add(wanted, made, reply)
}

func (r *orderRows) add(made order) {
	r.ids, r.customers = append(r.ids, made.ID), append(r.customers, made.customer)
	r.recipients, r.totals = append(r.recipients, made.Recipient), append(r.totals, made.TotalCents)
	r.times, r.due = append(r.times, made.CreatedAt), append(r.due, made.CreatedAt.Add(confirmDelay))
	r.lines.add(made)
}

func (k *keyRows) add(wanted placing, made order, reply placed) error {
	if wanted.key == "" {
		return nil
	}
	answer, err := reply.stored()
	k.accounts, k.orders = append(k.accounts, made.customer), append(k.orders, made.ID)
	k.keys, k.fingerprints = append(k.keys, wanted.key), append(k.fingerprints, wanted.fingerprint)
	k.answers, k.times = append(k.answers, answer), append(k.times, made.CreatedAt)
	return err
}

// batch puts the keys first: a key that has been used ends the transaction before it has done much.
func (r *orderRows) batch() *pgx.Batch {
	var batch pgx.Batch
	if k := r.keys; len(k.keys) > 0 {
		batch.Queue(addKeys, k.accounts, k.keys, k.fingerprints, k.orders, k.answers, k.times)
	}
	batch.Queue(addOrders, r.ids, r.customers, r.recipients, r.totals, r.due, r.times)
	r.lines.queue(&batch)
	batch.Queue(addMoves, r.ids, r.times)
	r.events.queueOfOrders(&batch)
	return &batch
}
