package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

const (
	itemColumns = `SELECT item.id, item.title, item.description, item.price_cents, item.owner_id, owner.full_name,
		item.version, item.created_at, item.updated_at`
	itemTables = " FROM items AS item JOIN accounts AS owner ON owner.id = item.owner_id"
	oneItem    = itemColumns + itemTables + " WHERE item.id = $1"
	manyItems  = itemColumns + itemTables + " WHERE item.id = ANY($1)"
	pageItems  = itemColumns + ", (SELECT count(*) FROM items)" + itemTables +
		" ORDER BY item.id DESC LIMIT $1 OFFSET $2"
	countItems = "SELECT count(*) FROM items"

	titleLimit, descriptionLimit, priceLimit = 200, 10_000, 1_000_000_000
)

var noItem = problem{http.StatusNotFound, "no such item"}

type item struct {
	ID          entityID  `json:"id"`
	Title       string    `json:"title"`
	Description *string   `json:"description"`
	PriceCents  *int64    `json:"price_cents"`
	Owner       owner     `json:"owner"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	version     int32
}

type owner struct {
	ID       entityID `json:"id"`
	FullName string   `json:"full_name"`
}

type itemPage struct{ skip, limit int }

type itemsFound struct {
	Items []item `json:"items"`
	Total int64  `json:"total"`
}

// itemContent is what an owner decides, and what the audit trail keeps of it.
type itemContent struct {
	Title       string  `json:"title"`
	Description *string `json:"description"`
	PriceCents  *int64  `json:"price_cents"`
}

type itemToCreate struct {
	by      entityID
	content itemContent
}

func (s server) readItem(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	found, err := s.cases.item(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(found.version))
	w.Header().Set("Cache-Control", "no-cache")
	return answer(w, http.StatusOK, found)
}

func (s server) listItems(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	skip, err := number(query, "skip", 0, 0, 1<<31-1)
	if err != nil {
		return err
	}
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	body, err := s.cases.items(r.Context(), itemPage{skip, limit})
	if err != nil {
		return err
	}
	return answerJSON(w, http.StatusOK, body)
}

func (s server) createItem(w http.ResponseWriter, r *http.Request) error {
	by, err := s.tokens.account(r)
	if err != nil {
		return err
	}
	var content itemContent
	if err := read(w, r, &content); err != nil {
		return err
	}
	if err := content.check(); err != nil {
		return err
	}
	made, err := s.cases.createItem(r.Context(), itemToCreate{by, content})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(made.version))
	w.Header().Set("Location", "/api/v1/items/"+made.ID.String())
	return answer(w, http.StatusCreated, made)
}

func (c itemContent) check() error {
	if length := utf8.RuneCountInString(c.Title); length < 1 || length > titleLimit {
		return badRequest("title: must have 1 to 200 characters")
	}
	if c.Description != nil && utf8.RuneCountInString(*c.Description) > descriptionLimit {
		return badRequest("description: at most 10000 characters")
	}
	if c.PriceCents != nil && (*c.PriceCents < 0 || *c.PriceCents > priceLimit) {
		return badRequest("price_cents: is out of bounds")
	}
	return nil
}

func (db database) item(ctx context.Context, id entityID) (item, error) {
	found, err := scanItem(db.pool.QueryRow(ctx, oneItem, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return found, noItem
	}
	return found, err
}

func (db database) itemsByID(ctx context.Context, ids []entityID) (map[entityID]item, error) {
	return collect(ctx, db, manyItems, ids, scanItem, func(one item) entityID { return one.ID })
}

func (db database) items(ctx context.Context, page itemPage) ([]byte, error) {
	found := itemsFound{Items: []item{}}
	rows, err := db.pool.Query(ctx, pageItems, page.limit, page.skip)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one item
		if err := rows.Scan(append(one.fields(), &found.Total)...); err != nil {
			return nil, err
		}
		found.Items = append(found.Items, one)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(found.Items) == 0 {
		if err := db.pool.QueryRow(ctx, countItems).Scan(&found.Total); err != nil {
			return nil, err
		}
	}
	return json.Marshal(found)
}

func scanItem(row pgx.Row) (item, error) {
	var found item
	err := row.Scan(found.fields()...)
	return found, err
}

func (i *item) fields() []any {
	return []any{
		&i.ID, &i.Title, &i.Description, &i.PriceCents, &i.Owner.ID, &i.Owner.FullName,
		&i.version, &i.CreatedAt, &i.UpdatedAt,
	}
}
