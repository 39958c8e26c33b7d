package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
)

// handler answers with a problem (RFC 9457) what it returns as an error.
type handler func(http.ResponseWriter, *http.Request) error

func (serve handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := serve(w, r)
	if err == nil {
		return
	}
	var known problem
	if !errors.As(err, &known) {
		log.Print(err)
		known = problem{http.StatusInternalServerError, "the database failed"}
	}
	known.write(w, r)
}

type problem struct {
	status int
	detail string
}

func (p problem) Error() string { return p.detail }

func (p problem) write(w http.ResponseWriter, r *http.Request) {
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	body, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(p.status), "status": p.status, "detail": p.detail,
		"instance": r.URL.EscapedPath(), "request_id": uuid.NewString(),
	})
	if err != nil {
		log.Print(err)
	}
	send(w, p.status, "application/problem+json", body)
}

func badRequest(detail string) error { return problem{http.StatusBadRequest, detail} }

func answer(w http.ResponseWriter, status int, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return answerJSON(w, status, encoded)
}

func answerJSON(w http.ResponseWriter, status int, body []byte) error {
	send(w, status, "application/json", body)
	return nil
}

func send(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		log.Print(err)
	}
}

func etag(version int32) string { return `"` + strconv.Itoa(int(version)) + `"` }

func read(w http.ResponseWriter, r *http.Request, into any) error {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit)).Decode(into); err != nil {
		return badRequest("the body is not what it should be")
	}
	return nil
}

// number returns a whole number between two bounds from the query, or a default.
func number(query url.Values, name string, otherwise, least, most int) (int, error) {
	if !query.Has(name) {
		return otherwise, nil
	}
	value, err := strconv.Atoi(query.Get(name))
	if err != nil || value < least || value > most {
		return 0, badRequest(name + ": is out of bounds")
	}
	return value, nil
}

func limitOf(query url.Values) (int, error) { return number(query, "limit", 20, 1, 100) }

func idOf(r *http.Request) (entityID, error) {
	text := r.PathValue("id")
	id, err := parseID(text)
	if err != nil || len(text) != len(lastID.String()) {
		return entityID{}, badRequest("the id must be a UUID")
	}
	return id, nil
}
