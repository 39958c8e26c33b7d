package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	ownerName = "SELECT full_name FROM accounts WHERE id = $1"
	addItems  = `INSERT INTO items (id, title, description, price_cents, owner_id, version, created_at, updated_at)
		SELECT id, title, description, price, owner, 1, at, at
		FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::uuid[], $6::timestamptz[])
			AS given (id, title, description, price, owner, at)`
	addAudit = `INSERT INTO audit (at, actor_id, action, subject_id, details)
		SELECT at, actor, 'item.created', subject, details
		FROM unnest($1::timestamptz[], $2::uuid[], $3::uuid[], $4::jsonb[]) AS given (at, actor, subject, details)`
)

// itemEvent is what an event tells of a new item.
type itemEvent struct {
	ID uuid.UUID `json:"id"`
	itemContent
	OwnerID   uuid.UUID `json:"owner_id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// offer needs one round trip: without the account the foreign key refuses the item.
func (db database) offer(ctx context.Context, wanted offer) (item, error) {
	made, err := newItem(wanted, "")
	if err != nil {
		return item{}, err
	}
	var batch pgx.Batch
	batch.Queue(ownerName, wanted.by).QueryRow(func(row pgx.Row) error { return row.Scan(&made.Owner.FullName) })
	if err := queueItems(&batch, []item{made}); err != nil {
		return item{}, err
	}
	err = db.pool.SendBatch(ctx, &batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return item{}, unauthorized
	}
	return made, err
}

// offers stores all in one transaction, or each alone if that fails.
func (db database) offers(ctx context.Context, wanted []offer) []result[item] {
	made, err := db.newItems(ctx, wanted)
	if err != nil {
		return oneByOne(ctx, wanted, db.offer)
	}
	var batch pgx.Batch
	if err = queueItems(&batch, made); err == nil {
		err = db.pool.SendBatch(ctx, &batch).Close()
	}
	if err != nil {
		return oneByOne(ctx, wanted, db.offer)
	}
	results := make([]result[item], len(made))
	for i, one := range made {
		results[i].value = one
	}
	return results
}

func (db database) newItems(ctx context.Context, wanted []offer) ([]item, error) {
	ids := make([]uuid.UUID, len(wanted))
	for i, one := range wanted {
		ids[i] = one.by
	}
	owners, err := db.accounts(ctx, distinct(ids))
	if err != nil {
		return nil, err
	}
	made := make([]item, len(wanted))
	for i, one := range wanted {
		by, known := owners[one.by]
		if !known {
			return nil, unauthorized
		}
		if made[i], err = newItem(one, by.FullName); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func newItem(wanted offer, ownerName string) (item, error) {
	id, err := uuid.NewV7()
	at := now()
	return item{
		ID: id, Title: wanted.content.Title, Description: wanted.content.Description,
		PriceCents: wanted.content.PriceCents, Owner: owner{wanted.by, ownerName},
		version: 1, CreatedAt: at, UpdatedAt: at,
	}, err
}

// queueItems writes items, audit entries and events: what pgx sends as one batch is one transaction.
func queueItems(batch *pgx.Batch, made []item) error {
	var rows itemRows
	var events eventRows
	for _, one := range made {
		content := itemContent{one.Title, one.Description, one.PriceCents}
		rows.add(one, content)
		told, err := json.Marshal(itemEvent{one.ID, content, one.Owner.ID, one.CreatedAt, one.UpdatedAt})
		if err != nil {
			return err
		}
		events.add("item.created", one.ID, one.CreatedAt, told)
	}
	batch.Queue(addItems, rows.ids, rows.titles, rows.descriptions, rows.prices, rows.owners, rows.times)
	batch.Queue(addAudit, rows.times, rows.owners, rows.ids, rows.contents)
	events.queue(batch)
	return nil
}

type itemRows struct {
	ids, owners  []uuid.UUID
	titles       []string
	descriptions []*string
	prices       []*int64
	times        []time.Time
	contents     []itemContent
}

func (r *itemRows) add(one item, content itemContent) {
	r.ids, r.owners = append(r.ids, one.ID), append(r.owners, one.Owner.ID)
	r.titles, r.descriptions = append(r.titles, one.Title), append(r.descriptions, one.Description)
	r.prices, r.times = append(r.prices, one.PriceCents), append(r.times, one.CreatedAt)
	r.contents = append(r.contents, content)
}

func oneByOne[K, V any](
	ctx context.Context, keys []K, do func(context.Context, K) (V, error),
) []result[V] {
	results := make([]result[V], len(keys))
	for i, key := range keys {
		value, err := do(ctx, key)
		results[i] = result[V]{value, err}
	}
	return results
}

// now has the precision that PostgreSQL stores.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
