package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	ownerName = "SELECT full_name FROM accounts WHERE id = $1"
	addItem   = `INSERT INTO items (id, title, description, price_cents, owner_id, version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $6)`
	addItems = `INSERT INTO items (id, title, description, price_cents, owner_id, version, created_at, updated_at)
		SELECT id, title, description, price, owner, 1, at, at
		FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::uuid[], $6::timestamptz[])
			AS given (id, title, description, price, owner, at)`
	addEntry = `INSERT INTO audit (at, actor_id, action, subject_id, details)
		VALUES ($1, $2, 'item.created', $3, $4)`
	addEntries = `INSERT INTO audit (at, actor_id, action, subject_id, details)
		SELECT at, actor, 'item.created', subject, details
		FROM unnest($1::timestamptz[], $2::uuid[], $3::uuid[], $4::jsonb[]) AS given (at, actor, subject, details)`
)

// itemEvent is the data of the event of a new item.
type itemEvent struct {
	ID entityID `json:"id"`
	itemContent
	OwnerID   entityID  `json:"owner_id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// createItem needs one round trip: without the account the foreign key refuses the item.
func (db database) createItem(ctx context.Context, wanted itemToCreate) (item, error) {
	made, err := newItem(wanted, "")
	if err != nil {
		return item{}, err
	}
	var batch pgx.Batch
	batch.Queue(ownerName, wanted.by).QueryRow(func(row pgx.Row) error { return row.Scan(&made.Owner.FullName) })
	if err := queueItem(&batch, made); err != nil {
		return item{}, err
	}
	err = db.pool.SendBatch(ctx, &batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return item{}, unauthorized
	}
	return made, err
}

// createItems stores all in one transaction, or each alone where one is refused.
func (db database) createItems(ctx context.Context, wanted []itemToCreate) []result[item] {
	made, err := db.createItemsTogether(ctx, wanted)
	return together(ctx, wanted, made, err, db.createItem)
}

func (db database) createItemsTogether(ctx context.Context, wanted []itemToCreate) ([]result[item], error) {
	made, err := db.newItems(ctx, wanted)
	if err != nil {
		return nil, err
	}
	var batch pgx.Batch
	if err := queueItems(&batch, made); err != nil {
		return nil, err
	}
	results := make([]result[item], len(made))
	for i, one := range made {
		results[i].value = one
	}
	return results, db.pool.SendBatch(ctx, &batch).Close()
}

func (db database) newItems(ctx context.Context, wanted []itemToCreate) ([]item, error) {
	ids := make([]entityID, len(wanted))
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

func newItem(wanted itemToCreate, ownerName string) (item, error) {
	id, err := newID()
	at := now()
	return item{
		ID: id, Title: wanted.content.Title, Description: wanted.content.Description,
		PriceCents: wanted.content.PriceCents, Owner: owner{wanted.by, ownerName},
		version: 1, CreatedAt: at, UpdatedAt: at,
	}, err
}

// queueItem writes an item, its audit entry and its event.
func queueItem(batch *pgx.Batch, made item) error {
	content := itemContent{made.Title, made.Description, made.PriceCents}
	batch.Queue(addItem, made.ID, made.Title, made.Description, made.PriceCents, made.Owner.ID, made.CreatedAt)
	batch.Queue(addEntry, made.CreatedAt, made.Owner.ID, made.ID, content)
	var events eventRows
	if err := events.addItem(made, content); err != nil {
		return err
	}
	events.queue(batch)
	return nil
}

// queueItems writes items, audit entries and events: what pgx sends as one batch is one transaction.
func queueItems(batch *pgx.Batch, made []item) error {
	var rows itemRows
	var events eventRows
	for _, one := range made {
		content := itemContent{one.Title, one.Description, one.PriceCents}
		rows.add(one, content)
		if err := events.addItem(one, content); err != nil {
			return err
		}
	}
	batch.Queue(addItems, rows.ids, rows.titles, rows.descriptions, rows.prices, rows.owners, rows.times)
	batch.Queue(addEntries, rows.times, rows.owners, rows.ids, rows.contents)
	events.queue(batch)
	return nil
}

func (e *eventRows) addItem(made item, content itemContent) error {
	data, err := json.Marshal(itemEvent{made.ID, content, made.Owner.ID, made.CreatedAt, made.UpdatedAt})
	e.add("item.created", made.ID, made.CreatedAt, data)
	return err
}

type itemRows struct {
	ids, owners  []entityID
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

// now has the precision that PostgreSQL stores.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
