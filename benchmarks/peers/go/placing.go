package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	pricedItems = "SELECT id, title, price_cents FROM items WHERE id = ANY($1)"
	storedKey   = "SELECT fingerprint, answer FROM idempotency_keys WHERE account_id = $1 AND key = $2"
	knowsPerson = "SELECT EXISTS (SELECT FROM people WHERE username = $1)"

	confirmDelay                        = 5 * time.Second
	linesLimit, quantityLimit, keyLimit = 100, 1000, 255

	keyConstraint      = "pk_idempotency_keys"
	customerConstraint = "fk_orders_customer_id"
)

var keyReused = problem{http.StatusUnprocessableEntity, "this idempotency key belongs to a different request"}

// orderContent is what a customer decides; its JSON is what a fingerprint is made of.
type orderContent struct {
	Lines     []lineContent `json:"lines"`
	Recipient *string       `json:"recipient"`
}

type lineContent struct {
	ItemID   entityID `json:"item_id"`
	Quantity int32    `json:"quantity"`
}

// placing is an order to be placed; the key is empty for a request that is not to be repeated.
type placing struct {
	customer    entityID
	content     orderContent
	key         string
	fingerprint []byte
}

// placed is what is answered, and stored for the same request again.
type placed struct {
	headers placedHeaders
	body    []byte
}

type placedHeaders struct {
	Location string
	ETag     string
}

func (s server) createOrder(w http.ResponseWriter, r *http.Request) error {
	customer, err := s.tokens.account(r)
	if err != nil {
		return err
	}
	wanted := placing{customer: customer, key: r.Header.Get("Idempotency-Key")}
	if err := read(w, r, &wanted.content); err != nil {
		return err
	}
	if err := wanted.check(); err != nil {
		return err
	}
	made, err := s.cases.place(r.Context(), wanted)
	if err != nil {
		return err
	}
	w.Header().Set("Location", made.headers.Location)
	w.Header().Set("ETag", made.headers.ETag)
	return answerJSON(w, http.StatusCreated, made.body)
}

// check refuses what cannot be an order, and makes the fingerprint.
func (p *placing) check() error {
	if len(p.content.Lines) < 1 || len(p.content.Lines) > linesLimit {
		return badRequest("lines: must be 1 to 100")
	}
	for _, line := range p.content.Lines {
		if line.Quantity < 1 || line.Quantity > quantityLimit {
			return badRequest("lines: a quantity is 1 to 1000")
		}
	}
	if p.content.Recipient != nil && !isName(*p.content.Recipient) {
		return badRequest("recipient: must be 1 to 100 letters from A to Z")
	}
	return p.checkKey()
}

func (p *placing) checkKey() error {
	if p.key == "" {
		return nil
	}
	if len(p.key) > keyLimit {
		return badRequest("Idempotency-Key: at most 255 characters")
	}
	canonical, err := json.Marshal(p.content)
	digest := sha256.Sum256(append([]byte("POST /api/v1/orders\n"), canonical...))
	p.fingerprint = digest[:]
	return err
}

// place needs two round trips: one for all that it must know, one for all that it stores.
func (db database) place(ctx context.Context, wanted placing) (placed, error) {
	first, items, err := db.known(ctx, wanted)
	if err != nil || first != nil {
		return replayed(first, wanted, err)
	}
	made, err := newOrder(wanted, items)
	if err != nil {
		return placed{}, err
	}
	reply, err := placedOf(made)
	if err != nil {
		return placed{}, err
	}
	err = db.addOrder(ctx, wanted, made, reply)
	switch constraintOf(err) {
	case keyConstraint: // the same request has been answered meanwhile
		first, _, err = db.known(ctx, wanted)
		return replayed(first, wanted, err)
	case customerConstraint:
		return placed{}, unauthorized
	}
	return reply, err
}

type storedAnswer struct{ fingerprint, answer []byte }

type pricedItem struct {
	title string
	price *int64
}

// known returns what was answered to the key before, if anything, and the items.
func (db database) known(ctx context.Context, wanted placing) (*storedAnswer, map[entityID]pricedItem, error) {
	var stored storedAnswer
	items := map[entityID]pricedItem{}
	knows := true
	var batch pgx.Batch
	batch.Queue(pricedItems, wanted.content.itemIDs()).Query(func(rows pgx.Rows) error { return scanPrices(rows, items) })
	if wanted.content.Recipient != nil {
		batch.Queue(knowsPerson, *wanted.content.Recipient).QueryRow(func(row pgx.Row) error { return row.Scan(&knows) })
	}
	if wanted.key != "" {
		batch.Queue(storedKey, wanted.customer, wanted.key).QueryRow(func(row pgx.Row) error { return stored.scan(row) })
	}
	if err := db.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, nil, err
	}
	if stored.fingerprint != nil {
		return &stored, items, nil
	}
	if !knows {
		return nil, nil, badRequest("recipient: no user of this name")
	}
	return nil, items, nil
}

func (s *storedAnswer) scan(row pgx.Row) error {
	err := row.Scan(&s.fingerprint, &s.answer)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

func scanPrices(rows pgx.Rows, into map[entityID]pricedItem) error {
	var id entityID
	var one pricedItem
	_, err := pgx.ForEachRow(rows, []any{&id, &one.title, &one.price}, func() error {
		into[id] = one
		return nil
	})
	return err
}

func (c orderContent) itemIDs() []entityID {
	ids := make([]entityID, len(c.Lines))
	for i, line := range c.Lines {
		ids[i] = line.ItemID
	}
	return ids
}

// newOrder copies titles and prices as they are now.
func newOrder(wanted placing, items map[entityID]pricedItem) (order, error) {
	id, err := newID()
	if err != nil {
		return order{}, err
	}
	at := now()
	made := order{
		ID: id, Status: "CREATED", Recipient: wanted.content.Recipient, Version: 1, CreatedAt: at, UpdatedAt: at,
		History: []orderMove{{"CREATED", at}}, customer: wanted.customer,
		Lines: make([]orderLine, len(wanted.content.Lines)),
	}
	for i, line := range wanted.content.Lines {
		item, known := items[line.ItemID]
		if !known || item.price == nil {
			return order{}, badRequest(fmt.Sprintf("lines.%d.item_id: no such item, or one without a price", i))
		}
		made.Lines[i] = orderLine{line.ItemID, item.title, *item.price, line.Quantity}
		made.TotalCents += *item.price * int64(line.Quantity)
	}
	return made, nil
}

func placedOf(made order) (placed, error) {
	body, err := json.Marshal(made)
	return placed{placedHeaders{"/api/v1/orders/" + made.ID.String(), etag(made.Version)}, body}, err
}

func (p placed) stored() ([]byte, error) {
	headers, err := json.Marshal(p.headers)
	return append(append(headers, '\n'), p.body...), err
}

func replayed(first *storedAnswer, wanted placing, err error) (placed, error) {
	if err != nil {
		return placed{}, err
	}
	if first == nil || string(first.fingerprint) != string(wanted.fingerprint) {
		return placed{}, keyReused
	}
	var again placed
	headers, body, _ := bytes.Cut(first.answer, []byte("\n"))
	err = json.Unmarshal(headers, &again.headers)
	again.body = body
	return again, err
}

func constraintOf(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.ConstraintName
	}
	return ""
}
