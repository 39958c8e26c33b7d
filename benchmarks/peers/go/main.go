// The Go peer: net/http on a pool of pgx, with one query per need or, if BATCHING is on, in natural batches.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	poolSize  = 20
	bodyLimit = 1 << 20
)

func main() {
	if err := run(context.Background(), os.Getenv); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, env func(string) string) error {
	uuid.EnableRandPool()
	tokens, err := newTokens(env)
	if err != nil {
		return err
	}
	pool, err := open(ctx, env("DATABASE_URL"), env("BATCHING") == "on")
	if err != nil {
		return err
	}
	defer pool.Close()
	sealing := cursors{tokens.key}
	use := straight(database{pool, sealing})
	if env("BATCHING") == "on" {
		use = batched(ctx, database{pool, sealing})
	}
	listening := http.Server{
		Addr:              "127.0.0.1:" + env("PORT"),
		Handler:           routes(server{cases: use, tokens: tokens, cursors: sealing}),
		ReadHeaderTimeout: 5 * time.Second,
	}
	return listening.ListenAndServe()
}

func open(ctx context.Context, url string, batching bool) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = poolSize
	if batching {
		// Batches differ in length: PostgreSQL would plan each one again.
		config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	}
	config.AfterConnect = func(_ context.Context, connection *pgx.Conn) error {
		registerTimes(connection.TypeMap())
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// registerTimes makes pgx return times in UTC, wherever the server runs.
func registerTimes(types *pgtype.Map) {
	codec := &pgtype.TimestamptzCodec{ScanLocation: time.UTC}
	one := &pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: codec}
	types.RegisterType(one)
	types.RegisterType(&pgtype.Type{
		Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: &pgtype.ArrayCodec{ElementType: one},
	})
}

type server struct {
	cases   cases
	tokens  *tokens
	cursors cursors
}

func routes(s server) http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]handler{
		"GET /api/v1/health":             s.health,
		"PUT /hello/{name}":              s.save,
		"GET /hello/{name}":              s.greet,
		"GET /api/v1/users/me":           s.me,
		"GET /api/v1/items":              s.listItems,
		"POST /api/v1/items":             s.createItem,
		"GET /api/v1/items/{id}":         s.readItem,
		"GET /api/v1/orders":             s.listOrders,
		"POST /api/v1/orders":            s.createOrder,
		"GET /api/v1/orders/{id}":        s.readOrder,
		"GET /api/v1/birthdays/today":    s.listToday,
		"GET /api/v1/birthdays/upcoming": s.listUpcoming,
		"GET /api/v1/search/items":       s.searchItems,
		"/":                              missing,
	} {
		mux.Handle(pattern, serve)
	}
	return mux
}

func (server) health(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func missing(http.ResponseWriter, *http.Request) error {
	return problem{http.StatusNotFound, "no such route"}
}
