package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	oneBirth   = "SELECT date_of_birth FROM people WHERE username = $1"
	manyBirths = "SELECT username, date_of_birth FROM people WHERE username = ANY($1)"
	keepPeople = ` ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth
			RETURNING new.month_day = ANY($3::smallint[]) OR old.month_day = ANY($3::smallint[]) AS is_listed`
	// The event follows the people, so that the events of a person have the order of the saves. The stamp says
	// that a list of birthdays about now has changed.
	personEvent = `), event AS (
			INSERT INTO outbox (shard, event_id, type, subject, time, data)
			SELECT 16, '', 'person.saved', '', now(), %s FROM (SELECT count(*) FROM saved) AS locked
		)
		UPDATE birthday_list_stamps SET stamp = (random() * 9007199254740992)::bigint
		WHERE shard = pg_backend_pid() %% 64 AND (SELECT bool_or(is_listed) FROM saved)`
)

var (
	savePerson = "WITH saved AS (INSERT INTO people (username, date_of_birth) VALUES ($1, $2::text::date)" + keepPeople +
		fmt.Sprintf(personEvent, "jsonb_build_object($1::text, $2::text)")
	savePeople = `WITH saved AS (INSERT INTO people (username, date_of_birth)
			SELECT name, born::date FROM unnest($1::text[], $2::text[]) AS given (name, born)` + keepPeople +
		fmt.Sprintf(personEvent, "jsonb_object($1::text[], $2::text[])")
)

type person struct {
	name string
	born time.Time
}

type birth struct {
	DateOfBirth string `json:"dateOfBirth"`
}

type greeting struct {
	Message string `json:"message"`
}

func (s server) save(w http.ResponseWriter, r *http.Request) error {
	name, err := nameOf(r)
	if err != nil {
		return err
	}
	var body birth
	if err := read(w, r, &body); err != nil {
		return err
	}
	born, err := time.Parse(time.DateOnly, body.DateOfBirth)
	if err != nil || !born.Before(today()) {
		return badRequest("dateOfBirth: must be a date before today")
	}
	if _, err := s.cases.save(r.Context(), person{name, born}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s server) greet(w http.ResponseWriter, r *http.Request) error {
	name, err := nameOf(r)
	if err != nil {
		return err
	}
	born, err := s.cases.birth(r.Context(), name)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, greeting{message(name, born, today())})
}

func nameOf(r *http.Request) (string, error) {
	name := r.PathValue("name")
	if !isName(name) {
		return "", badRequest("username: must be 1 to 100 letters from A to Z")
	}
	return name, nil
}

var noPerson = problem{http.StatusNotFound, "no user of this name"}

func (db database) birth(ctx context.Context, name string) (time.Time, error) {
	var born time.Time
	err := db.pool.QueryRow(ctx, oneBirth, name).Scan(&born)
	if errors.Is(err, pgx.ErrNoRows) {
		return born, noPerson
	}
	return born, err
}

func (db database) births(ctx context.Context, names []string) (map[string]time.Time, error) {
	rows, err := db.pool.Query(ctx, manyBirths, names)
	if err != nil {
		return nil, err
	}
	found := make(map[string]time.Time, len(names))
	var one person
	_, err = pgx.ForEachRow(rows, []any{&one.name, &one.born}, func() error {
		found[one.name] = one.born
		return nil
	})
	return found, err
}

func (db database) save(ctx context.Context, wanted person) (struct{}, error) {
	_, err := db.pool.Exec(ctx, savePerson, wanted.name, wanted.born.Format(time.DateOnly), listedDays(today()))
	return struct{}{}, err
}

// saveAll stores the last save of each person; names are in order, so that two processes cannot deadlock.
func (db database) saveAll(ctx context.Context, wanted []person) []result[struct{}] {
	births := make(map[string]string, len(wanted))
	for _, one := range wanted {
		births[one.name] = one.born.Format(time.DateOnly)
	}
	names := slices.Sorted(maps.Keys(births))
	days := make([]string, len(names))
	for i, name := range names {
		days[i] = births[name]
	}
	_, err := db.pool.Exec(ctx, savePeople, names, days, listedDays(today()))
	results := make([]result[struct{}], len(wanted))
	for i := range results {
		results[i].err = err
	}
	return results
}
