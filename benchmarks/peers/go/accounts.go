package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	accountColumns = "SELECT id, email, full_name, created_at FROM accounts WHERE id = "
	oneAccount     = accountColumns + "$1"
	manyAccounts   = accountColumns + "ANY($1)"
)

type account struct {
	ID        entityID  `json:"id"`
	Email     string    `json:"email"`
	FullName  string    `json:"full_name"`
	CreatedAt time.Time `json:"created_at"`
}

func (s server) me(w http.ResponseWriter, r *http.Request) error {
	id, err := s.tokens.account(r)
	if err != nil {
		return err
	}
	found, err := s.cases.account(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return answer(w, http.StatusOK, found)
}

func (db database) account(ctx context.Context, id entityID) (account, error) {
	found, err := scanAccount(db.pool.QueryRow(ctx, oneAccount, id))
	if errors.Is(err, pgx.ErrNoRows) {
		return found, unauthorized
	}
	return found, err
}

func (db database) accounts(ctx context.Context, ids []entityID) (map[entityID]account, error) {
	return collect(ctx, db, manyAccounts, ids, scanAccount, func(one account) entityID { return one.ID })
}

func scanAccount(row pgx.Row) (account, error) {
	var found account
	err := row.Scan(&found.ID, &found.Email, &found.FullName, &found.CreatedAt)
	return found, err
}

// collect returns what a query finds for keys, by key.
func collect[K comparable, V any](
	ctx context.Context, db database, query string, keys []K, scan func(pgx.Row) (V, error), keyOf func(V) K,
) (map[K]V, error) {
	rows, err := db.pool.Query(ctx, query, keys)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[K]V, len(keys))
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found[keyOf(one)] = one
	}
	return found, rows.Err()
}
