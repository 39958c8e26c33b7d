package main

import (
	"context"

	"github.com/jackc/pgx/v5"
)

const (
	addOrder = `INSERT INTO orders
			(id, customer_id, status, recipient, total_cents, version, due_at, created_at, updated_at)
		VALUES ($1, $2, 'CREATED', $3, $4, 1, $5, $6, $6)`
	addLines = `INSERT INTO order_lines (order_id, position, item_id, title, unit_price_cents, quantity)
		SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::text[], $5::bigint[], $6::int[])`
	addMove = "INSERT INTO order_history (order_id, version, status, at) VALUES ($1, 1, 'CREATED', $2)"
	addKey  = `INSERT INTO idempotency_keys (account_id, key, fingerprint, order_id, answer, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)`
)

// addOrder stores all in one transaction: pgx sends a batch as one.
func (db database) addOrder(ctx context.Context, wanted placing, made order, reply placed) error {
	var events eventRows
	events.add("order.created", made.ID, made.CreatedAt, reply.body)
	var lines lineRows
	lines.add(made)
	due := made.CreatedAt.Add(confirmDelay)
	var batch pgx.Batch
	batch.Queue(addOrder, made.ID, made.customer, made.Recipient, made.TotalCents, due, made.CreatedAt)
	lines.queue(&batch)
	batch.Queue(addMove, made.ID, made.CreatedAt)
	if wanted.key != "" {
		answer, err := reply.stored()
		if err != nil {
			return err
		}
		batch.Queue(addKey, made.customer, wanted.key, wanted.fingerprint, made.ID, answer, made.CreatedAt)
	}
	events.queueOfOrders(&batch)
	return db.pool.SendBatch(ctx, &batch).Close()
}

// lineRows are lines of orders by column.
type lineRows struct {
	orders, items []entityID
	positions     []int16
	titles        []string
	prices        []int64
	quantities    []int32
}

func (l *lineRows) add(of order) {
	for i, line := range of.Lines {
		l.orders, l.items = append(l.orders, of.ID), append(l.items, line.ItemID)
		l.positions, l.titles = append(l.positions, int16(i)), append(l.titles, line.Title)
		l.prices, l.quantities = append(l.prices, line.UnitPriceCents), append(l.quantities, line.Quantity)
	}
}

func (l *lineRows) queue(batch *pgx.Batch) {
	batch.Queue(addLines, l.orders, l.positions, l.items, l.titles, l.prices, l.quantities)
}
