package main

import (
	"encoding/json"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	shards      = 16
	idsInNotice = 200
	addEvent    = "INSERT INTO outbox (shard, event_id, type, subject, time, data) VALUES ($1, $2, $3, $4, $5, $6)"
	addEvents   = `INSERT INTO outbox (shard, event_id, type, subject, time, data)
		SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[])`
	wakeRelays   = "SELECT pg_notify('outbox', '')"
	notifyOrders = "SELECT pg_notify('outbox', ''), pg_notify('changes', $1)"
)

// eventRows are events by column, to be stored in the transaction of the change.
type eventRows struct {
	shards               []int16
	ids, kinds, subjects []string
	times                []time.Time
	data                 []json.RawMessage
}

func (e *eventRows) add(kind string, subject entityID, at time.Time, data []byte) {
	text := subject.String()
	e.shards = append(e.shards, int16(crc32.ChecksumIEEE([]byte(text))%shards))
	e.ids, e.kinds = append(e.ids, text+"-1"), append(e.kinds, kind)
	e.subjects, e.times, e.data = append(e.subjects, text), append(e.times, at), append(e.data, data)
}

// queue stores the events and wakes the relays.
func (e *eventRows) queue(batch *pgx.Batch) {
	e.queueRows(batch)
	batch.Queue(wakeRelays)
}

// queueOfOrders also notifies the followers of the orders, many ids in one notice.
func (e *eventRows) queueOfOrders(batch *pgx.Batch) {
	e.queueRows(batch)
	for ids := range slices.Chunk(e.subjects, idsInNotice) {
		batch.Queue(notifyOrders, strings.Join(ids, ","))
	}
}

func (e *eventRows) queueRows(batch *pgx.Batch) {
	if len(e.ids) == 1 {
		batch.Queue(addEvent, e.shards[0], e.ids[0], e.kinds[0], e.subjects[0], e.times[0], e.data[0])
		return
	}
	batch.Queue(addEvents, e.shards, e.ids, e.kinds, e.subjects, e.times, e.data)
}
