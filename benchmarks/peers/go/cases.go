package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

type database struct {
	pool    *pgxpool.Pool
	cursors cursors
}

// cases are what the handlers need of the database. Pages are encoded once for all requests that share them.
type cases struct {
	birth      func(context.Context, string) (time.Time, error)
	save       func(context.Context, person) (struct{}, error)
	account    func(context.Context, entityID) (account, error)
	item       func(context.Context, entityID) (item, error)
	items      func(context.Context, itemPage) ([]byte, error)
	createItem func(context.Context, itemToCreate) (item, error)
	order      func(context.Context, entityID) (order, error)
	orders     func(context.Context, orderPage) (encodedPage, error)
	place      func(context.Context, placing) (placed, error)
	today      func(context.Context, birthdayPage) ([]byte, error)
	upcoming   func(context.Context, birthdayPage) ([]byte, error)
	search     func(context.Context, search) ([]byte, error)
}

// straight asks the database once for each request.
func straight(db database) cases {
	return cases{
		birth:      db.birth,
		save:       db.save,
		account:    db.account,
		item:       db.item,
		items:      db.items,
		createItem: db.createItem,
		order:      db.order,
		orders:     db.orders,
		place:      db.place,
		today:      db.birthdays,
		upcoming:   db.birthdays,
		search:     db.search,
	}
}
