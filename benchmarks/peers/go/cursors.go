package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

const signatureSize = 16

// cursors seals where a page ended, so that only this service can have said it.
type cursors struct{ key []byte }

func (c cursors) seal(parts ...string) string {
	text := strings.Join(parts, "\n")
	return base64.RawURLEncoding.EncodeToString(append(c.sign(text), text...))
}

// open returns the parts after the name of the list.
func (c cursors) open(cursor, list string, parts int) ([]string, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(sealed) < signatureSize {
		return nil, badCursor
	}
	text := string(sealed[signatureSize:])
	found := strings.Split(text, "\n")
	if !hmac.Equal(sealed[:signatureSize], c.sign(text)) || len(found) != parts+1 || found[0] != list {
		return nil, badCursor
	}
	return found[1:], nil
}

func (c cursors) sign(text string) []byte {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte("cursor\n" + text))
	return mac.Sum(nil)[:signatureSize]
}

var badCursor = badRequest("cursor: is not a cursor of this list")
