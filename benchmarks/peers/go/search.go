package main

import (
	"context"
	"net/http"
)

type search struct {
	text  string
	limit int
}

func (s server) searchItems(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	body, err := s.cases.search(r.Context(), search{query.Get("q"), limit})
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return answerJSON(w, http.StatusOK, body)
}

func (database) search(context.Context, search) ([]byte, error) {
	return nil, problem{http.StatusNotImplemented, "not yet"}
}
