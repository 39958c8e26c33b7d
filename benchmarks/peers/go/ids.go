package main

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// entityID is a UUID that pgx reads and writes as bytes: those of google/uuid pass through text.
type entityID uuid.UUID

var lastID = entityID(uuid.Max)

// newID returns a UUID of version 7 (RFC 9562).
func newID() (entityID, error) {
	made, err := uuid.NewV7()
	return entityID(made), err
}

func parseID(text string) (entityID, error) {
	parsed, err := uuid.Parse(text)
	return entityID(parsed), err
}

func (i entityID) String() string { return uuid.UUID(i).String() }

func (i entityID) MarshalText() ([]byte, error) { return uuid.UUID(i).MarshalText() }

func (i *entityID) UnmarshalText(text []byte) error { return (*uuid.UUID)(i).UnmarshalText(text) }

func (i *entityID) ScanUUID(value pgtype.UUID) error {
	*i = value.Bytes
	return nil
}

func (i entityID) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: i, Valid: true}, nil }
