package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	// One statement sees an order, its lines and its history as of one moment.
	orderColumns = `SELECT id, customer_id, status, recipient, total_cents, version, created_at, updated_at,
			items, titles, prices, quantities, statuses, times
		FROM `
	orderParts = ` AS orders
		CROSS JOIN LATERAL (
			SELECT array_agg(item_id ORDER BY position) AS items, array_agg(title ORDER BY position) AS titles,
				array_agg(unit_price_cents ORDER BY position) AS prices,
				array_agg(quantity ORDER BY position) AS quantities
			FROM order_lines WHERE order_id = id
		) AS line
		CROSS JOIN LATERAL (
			SELECT array_agg(move.status ORDER BY move.version) AS statuses,
				array_agg(move.at ORDER BY move.version) AS times
			FROM order_history AS move WHERE order_id = id
		) AS history`
	oneOrder   = orderColumns + "orders" + orderParts + " WHERE id = $1"
	manyOrders = orderColumns + "orders" + orderParts + " WHERE id = ANY($1)"
	// The limit is written out: the planner would take a parameter for a tenth of all rows.
	pageOrders = orderColumns +
		"(SELECT * FROM orders WHERE customer_id = $1 AND id < $2 ORDER BY id DESC LIMIT %d)" + orderParts +
		" ORDER BY id DESC"
)

var noOrder = problem{http.StatusNotFound, "no such order"}

type order struct {
	ID         entityID    `json:"id"`
	Status     string      `json:"status"`
	Lines      []orderLine `json:"lines"`
	TotalCents int64       `json:"total_cents"`
	Recipient  *string     `json:"recipient"`
	Version    int32       `json:"version"`
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at"`
	History    []orderMove `json:"history"`
	customer   entityID
}

type orderLine struct {
	ItemID         entityID `json:"item_id"`
	Title          string   `json:"title"`
	UnitPriceCents int64    `json:"unit_price_cents"`
	Quantity       int32    `json:"quantity"`
}

type orderMove struct {
	Status string    `json:"status"`
	At     time.Time `json:"at"`
}

type orderPage struct {
	customer, before entityID
	limit            int
}

type ordersFound struct {
	Orders     []order `json:"orders"`
	NextCursor *string `json:"next_cursor"`
}

// encodedPage is encoded once for all requests that share it.
type encodedPage struct {
	body    []byte
	isEmpty bool
}

func (s server) readOrder(w http.ResponseWriter, r *http.Request) error {
	customer, err := s.tokens.account(r)
	if err != nil {
		return err
	}
	id, err := idOf(r)
	if err != nil {
		return err
	}
	found, err := s.cases.order(r.Context(), id)
	if err == nil && found.customer != customer {
		err = noOrder
	}
	if errors.Is(err, noOrder) {
		err = errors.Join(s.withAccount(r, customer), err)
	}
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(found.Version))
	return answer(w, http.StatusOK, found)
}

func (s server) listOrders(w http.ResponseWriter, r *http.Request) error {
	customer, err := s.tokens.account(r)
	if err != nil {
		return err
	}
	page, err := s.orderPage(r, customer)
	if err != nil {
		return err
	}
	found, err := s.cases.orders(r.Context(), page)
	if err != nil {
		return err
	}
	if found.isEmpty {
		if err := s.withAccount(r, customer); err != nil {
			return err
		}
	}
	return answerJSON(w, http.StatusOK, found.body)
}

// withAccount returns an error for a customer whose account is gone; an order that is found proves that it is there.
func (s server) withAccount(r *http.Request, customer entityID) error {
	_, err := s.cases.account(r.Context(), customer)
	return err
}

func (s server) orderPage(r *http.Request, customer entityID) (orderPage, error) {
	query := r.URL.Query()
	limit, err := limitOf(query)
	page := orderPage{customer, lastID, limit}
	if err != nil || !query.Has("cursor") {
		return page, err
	}
	parts, err := s.cursors.open(query.Get("cursor"), "orders", 1)
	if err != nil {
		return page, err
	}
	page.before, err = parseID(parts[0])
	return page, err
}

func (db database) order(ctx context.Context, id entityID) (order, error) {
	found, err := scanOrder(db.pool.QueryRow(ctx, oneOrder, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return found, noOrder
	}
	return found, err
}

func (db database) ordersByID(ctx context.Context, ids []entityID) (map[entityID]order, error) {
	return collect(ctx, db, manyOrders, ids, scanOrder, func(one order) entityID { return one.ID })
}

func (db database) orders(ctx context.Context, page orderPage) (encodedPage, error) {
	rows, err := db.pool.Query(ctx, fmt.Sprintf(pageOrders, page.limit+1), page.customer, page.before)
	if err != nil {
		return encodedPage{}, err
	}
	orders, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (order, error) { return scanOrder(row) })
	if err != nil {
		return encodedPage{}, err
	}
	found := ordersFound{Orders: orders}
	if len(orders) > page.limit {
		next := db.cursors.seal("orders", orders[page.limit-1].ID.String())
		found = ordersFound{orders[:page.limit], &next}
	}
	body, err := json.Marshal(found)
	return encodedPage{body, len(orders) == 0}, err
}

func scanOrder(row pgx.Row) (order, error) {
	var one order
	var items pgtype.FlatArray[entityID] // read without reflection, as the other arrays are
	var titles, statuses []string
	var prices []int64
	var quantities []int32
	var times []time.Time
	err := row.Scan(
		&one.ID, &one.customer, &one.Status, &one.Recipient, &one.TotalCents, &one.Version, &one.CreatedAt,
		&one.UpdatedAt, &items, &titles, &prices, &quantities, &statuses, &times,
	)
	one.Lines, one.History = make([]orderLine, len(items)), make([]orderMove, len(statuses))
	for i := range items {
		one.Lines[i] = orderLine{items[i], titles[i], prices[i], quantities[i]}
	}
	for i := range statuses {
		one.History[i] = orderMove{statuses[i], times[i]}
	}
	return one, err
}
