package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	tokenType  = "at+jwt"
	clockSkew  = 5 * time.Second
	knownLimit = 10_000
)

var unauthorized = problem{http.StatusUnauthorized, "the access token is not valid"}

// tokens verifies access tokens, each once until it expires.
type tokens struct {
	key    []byte
	kid    string
	parser *jwt.Parser

	mu    sync.RWMutex
	known map[string]caller
}

type caller struct {
	account entityID
	expires time.Time
}

func newTokens(env func(string) string) (*tokens, error) {
	key, err := hex.DecodeString(env("TOKEN_SECRET"))
	if err != nil {
		return nil, err
	}
	if len(key) == 0 {
		key = []byte(rand.Text()) // without a secret no token is valid
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Name}),
		jwt.WithIssuer(env("TOKEN_ISSUER")),
		jwt.WithAudience(env("TOKEN_AUDIENCE")),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(clockSkew),
	)
	return &tokens{key: key, kid: env("TOKEN_KID"), parser: parser, known: map[string]caller{}}, nil
}

// account returns whose token the request has.
func (t *tokens) account(r *http.Request) (entityID, error) {
	text, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return entityID{}, unauthorized
	}
	t.mu.RLock()
	whose, known := t.known[text]
	t.mu.RUnlock()
	if !known {
		var err error
		if whose, err = t.verify(text); err != nil {
			return entityID{}, unauthorized
		}
		t.remember(text, whose)
	}
	// The parser's leeway is meant for the other times.
	if !time.Now().Before(whose.expires) {
		return entityID{}, unauthorized
	}
	return whose.account, nil
}

func (t *tokens) remember(text string, of caller) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= knownLimit {
		clear(t.known)
	}
	t.known[text] = of
}

func (t *tokens) verify(text string) (caller, error) {
	var claims jwt.RegisteredClaims
	if _, err := t.parser.ParseWithClaims(text, &claims, t.keyOf); err != nil {
		return caller{}, err
	}
	account, err := parseID(claims.Subject)
	return caller{account, claims.ExpiresAt.Time}, err
}

func (t *tokens) keyOf(token *jwt.Token) (any, error) {
	if token.Header["kid"] != t.kid || token.Header["typ"] != tokenType {
		return nil, errors.New("unknown key or type")
	}
	return t.key, nil
}
