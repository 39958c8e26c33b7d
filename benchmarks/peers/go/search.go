package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"
)

const (
	// What must match is put into words by the functions that keep the index. Words are only found as they are
	// typed: no typos, no beginnings of words, no phrases.
	searchStatement = `WITH typed AS MATERIALIZED (
			SELECT plainto_tsquery('hello', search_text($1)) AS query
		), matching AS MATERIALIZED (
			SELECT item_id, width_bucket(price_cents, $2::bigint[]) AS band,
				2 + ts_rank('{0.1, 0.2, 0.4, 1}', document, query, 1) AS score
			FROM item_documents, typed WHERE document @@ query LIMIT 10000
		), page AS (
			SELECT item_id, score FROM matching ORDER BY score DESC, item_id DESC LIMIT $3
		), counts AS (
			SELECT count(*) AS total, count(*) FILTER (WHERE band IS NULL) AS without_price,
				ARRAY(SELECT (SELECT count(*) FROM matching WHERE band = number)
					FROM generate_series(1, cardinality($2::bigint[])) AS number) AS bands
			FROM matching
		)
		SELECT total, without_price, bands, found.* FROM counts LEFT JOIN (
			SELECT score, search_headline(item.title, query, 'HighlightAll=true') AS marked_title,
				search_headline(item.description, query, CASE WHEN char_length(item.description) <= 200
					THEN 'HighlightAll=true'
					ELSE 'MaxFragments=3, MinWords=8, MaxWords=30, FragmentDelimiter=" … "'
				END) AS marked_description,
				item.id, item.title, item.description, item.price_cents, item.owner_id, owner.full_name,
				item.version, item.created_at, item.updated_at
			FROM typed, page JOIN items AS item ON item.id = item_id JOIN accounts AS owner ON owner.id = item.owner_id
		) AS found ON true ORDER BY score DESC, id DESC`
	textLimit = 500
)

var (
	bandStarts = []int64{0, 1000, 2500, 5000, 10_000, 25_000}
	escaped    = strings.NewReplacer(
		"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;",
		"\x1f", "", "\x03\x02", "", "\x02", "<mark>", "\x03", "</mark>",
	)
)

type search struct {
	text  string
	limit int
}

type searchFound struct {
	Items  []foundItem `json:"items"`
	Total  int64       `json:"total"`
	Engine string      `json:"engine"`
	Facets facets      `json:"facets"`
}

type foundItem struct {
	item
	Score     float64   `json:"score"`
	Highlight highlight `json:"highlight"`
}

type highlight struct {
	Title       string  `json:"title"`
	Description *string `json:"description"`
}

type facets struct {
	Prices       []priceFacet `json:"prices"`
	WithoutPrice int64        `json:"without_price"`
}

type priceFacet struct {
	MinPriceCents int64  `json:"min_price_cents"`
	MaxPriceCents *int64 `json:"max_price_cents"`
	Count         int64  `json:"count"`
}

func (s server) searchItems(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	text := query.Get("q")
	if strings.TrimSpace(text) == "" || len(text) > textLimit {
		return badRequest("q: must have 1 to 500 characters")
	}
	body, err := s.cases.search(r.Context(), search{text, limit})
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return answerJSON(w, http.StatusOK, body)
}

func (db database) search(ctx context.Context, wanted search) ([]byte, error) {
	rows, err := db.pool.Query(ctx, searchStatement, wanted.text, bandStarts, wanted.limit)
	if err != nil {
		return nil, err
	}
	found := searchFound{Items: []foundItem{}, Engine: "postgres"}
	var bands []int64
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		return struct{}{}, found.scan(row, &bands)
	})
	if err != nil {
		return nil, err
	}
	found.Facets.Prices = priceFacets(bands)
	return json.Marshal(found)
}

// scan takes a row that is either an item with what is counted, or, where nothing is found, only the latter.
func (f *searchFound) scan(row pgx.CollectableRow, bands *[]int64) error {
	if row.RawValues()[3] == nil {
		unused := make([]any, len(row.RawValues())-3)
		return row.Scan(append([]any{&f.Total, &f.Facets.WithoutPrice, bands}, unused...)...)
	}
	var one foundItem
	var title string
	var description *string
	counted := []any{&f.Total, &f.Facets.WithoutPrice, bands, &one.Score, &title, &description}
	if err := row.Scan(append(counted, one.fields()...)...); err != nil {
		return err
	}
	one.Highlight = highlightOf(title, description)
	f.Items = append(f.Items, one)
	return nil
}

func highlightOf(title string, description *string) highlight {
	marked := highlight{Title: escaped.Replace(title)}
	if description != nil && strings.Contains(*description, "\x02") {
		passages := escaped.Replace(*description)
		marked.Description = &passages
	}
	return marked
}

func priceFacets(counts []int64) []priceFacet {
	prices := make([]priceFacet, len(bandStarts))
	for i, start := range bandStarts {
		prices[i] = priceFacet{MinPriceCents: start, Count: counts[i]}
		if i+1 < len(bandStarts) {
			most := bandStarts[i+1] - 1
			prices[i].MaxPriceCents = &most
		}
	}
	return prices
}
