// The Go peer: net/http on a pool of pgx.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	poolSize  = 20
	bodyLimit = 1 << 20
	read      = "SELECT date_of_birth FROM people WHERE username = $1"
	save      = `INSERT INTO people (username, date_of_birth) VALUES ($1, $2)
		ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth`
)

type server struct {
	pool *pgxpool.Pool
}

type birth struct {
	DateOfBirth string `json:"dateOfBirth"`
}

type greeting struct {
	Message string `json:"message"`
}

type problem struct {
	Detail string `json:"detail"`
}

func main() {
	pool, err := open(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	here := server{pool: pool}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /hello/{name}", here.save)
	mux.HandleFunc("GET /hello/{name}", here.greet)
	listening := http.Server{
		Addr:              "127.0.0.1:" + os.Getenv("PORT"),
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Fatal(listening.ListenAndServe())
}

func open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = poolSize
	return pgxpool.NewWithConfig(ctx, config)
}

func (s server) save(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !isName(name) {
		refuse(w, http.StatusBadRequest, "username: must be 1 to 100 letters from A to Z")
		return
	}
	var body birth
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit)).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, "the body is not what it should be")
		return
	}
	born, err := time.Parse(time.DateOnly, body.DateOfBirth)
	if err != nil || !born.Before(today()) {
		refuse(w, http.StatusBadRequest, "dateOfBirth: must be a date before today")
		return
	}
	if _, err := s.pool.Exec(r.Context(), save, name, born); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s server) greet(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !isName(name) {
		refuse(w, http.StatusBadRequest, "username: must be 1 to 100 letters from A to Z")
		return
	}
	var born time.Time
	err := s.pool.QueryRow(r.Context(), read, name).Scan(&born)
	if errors.Is(err, pgx.ErrNoRows) {
		refuse(w, http.StatusNotFound, "nobody has this name")
		return
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, greeting{Message: message(name, born, today())})
}

func fail(w http.ResponseWriter, err error) {
	log.Print(err)
	refuse(w, http.StatusInternalServerError, "the database failed")
}

func refuse(w http.ResponseWriter, status int, detail string) {
	answer(w, status, problem{Detail: detail})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Print(err)
	}
}
