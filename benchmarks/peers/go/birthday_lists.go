package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Each day is a range of the index, read as far as the page has room.
const listBirthdays = `SELECT username, date_of_birth, in_days
	FROM unnest($1::smallint[], $2::int[]) AS day (month_day, in_days)
	CROSS JOIN LATERAL (
		SELECT username, date_of_birth FROM people
		WHERE month_day = day.month_day AND username > CASE WHEN in_days = $3 THEN $4 ELSE '' END
		ORDER BY username LIMIT $5
	) AS person
	WHERE in_days >= $3
	ORDER BY in_days, username LIMIT $5`

const (
	todayList    = "today"
	upcomingList = "upcoming"
)

// birthdayPage goes on after a name on the day that is `inDays` days from `day`.
type birthdayPage struct {
	list        string
	day         time.Time
	first, last int
	inDays      int
	after       string
	limit       int
}

type birthday struct {
	Username string `json:"username"`
	Turns    int    `json:"turns"`
	Date     string `json:"date,omitempty"`
	InDays   *int   `json:"in_days,omitempty"`
}

type birthdaysFound struct {
	Date       string     `json:"date"`
	People     []birthday `json:"people"`
	NextCursor *string    `json:"next_cursor"`
}

func (s server) listToday(w http.ResponseWriter, r *http.Request) error {
	return s.listBirthdays(w, r, birthdayPage{list: todayList}, s.cases.today)
}

func (s server) listUpcoming(w http.ResponseWriter, r *http.Request) error {
	days, err := number(r.URL.Query(), "days", 7, 1, 366)
	if err != nil {
		return err
	}
	return s.listBirthdays(w, r, birthdayPage{list: upcomingList, first: 1, last: days}, s.cases.upcoming)
}

func (s server) listBirthdays(
	w http.ResponseWriter, r *http.Request, page birthdayPage,
	find func(context.Context, birthdayPage) ([]byte, error),
) error {
	var err error
	query := r.URL.Query()
	if page.limit, err = limitOf(query); err != nil {
		return err
	}
	page.day = today()
	if query.Has("cursor") {
		if page, err = s.continued(page, query.Get("cursor")); err != nil {
			return err
		}
	}
	body, err := find(r.Context(), page)
	if err != nil {
		return err
	}
	return answerJSON(w, http.StatusOK, body)
}

// continued returns the page that a cursor of its list leads to; it stays on the day of the first page.
func (s server) continued(page birthdayPage, cursor string) (birthdayPage, error) {
	parts, err := s.cursors.open(cursor, page.list, 3)
	if err != nil {
		return page, err
	}
	if page.day, err = time.Parse(time.DateOnly, parts[0]); err != nil {
		return page, badCursor
	}
	page.inDays, err = strconv.Atoi(parts[1])
	page.after = parts[2]
	return page, err
}

func (db database) birthdays(ctx context.Context, page birthdayPage) ([]byte, error) {
	groups, days := page.groups()
	rows, err := db.pool.Query(ctx, listBirthdays, groups, days, page.inDays, page.after, page.limit+1)
	if err != nil {
		return nil, err
	}
	people, err := pgx.CollectRows(rows, page.scan)
	if err != nil {
		return nil, err
	}
	found := birthdaysFound{Date: page.day.Format(time.DateOnly), People: make([]birthday, len(people))}
	for i, one := range people {
		found.People[i] = one.birthday
	}
	if len(people) > page.limit {
		found.People = found.People[:page.limit]
		last := people[page.limit-1]
		next := db.cursors.seal(page.list, found.Date, strconv.Itoa(last.inDays), last.Username)
		found.NextCursor = &next
	}
	return json.Marshal(found)
}

// groups returns the days of birth that are celebrated, each once, and in how many days that is.
func (p birthdayPage) groups() ([]int16, []int32) {
	var groups []int16
	var days []int32
	seen := map[int16]bool{}
	for offset := p.first; offset <= p.last; offset++ {
		for _, group := range celebrated(p.day.AddDate(0, 0, offset)) {
			if !seen[group] {
				seen[group] = true
				groups, days = append(groups, group), append(days, int32(offset))
			}
		}
	}
	return groups, days
}

type listedBirthday struct {
	birthday
	inDays int
}

func (p birthdayPage) scan(row pgx.CollectableRow) (listedBirthday, error) {
	var one listedBirthday
	var born time.Time
	if err := row.Scan(&one.Username, &born, &one.inDays); err != nil {
		return one, err
	}
	celebrated := p.day.AddDate(0, 0, one.inDays)
	one.Turns = celebrated.Year() - born.Year()
	if p.list == upcomingList {
		one.Date, one.InDays = celebrated.Format(time.DateOnly), &one.inDays
	}
	return one, nil
}
