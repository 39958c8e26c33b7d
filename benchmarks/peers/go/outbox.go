package main

import (
	"encoding/json"
	"hash/crc32"
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
	wakeRelays = "SELECT pg_notify('outbox', '')"
	tellOrders = "SELECT pg_notify('changes', $1)"
)

// eventRows are events by column, to be stored with the change that they tell of.
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

func (e *eventRows) queue(batch *pgx.Batch) {
	if len(e.ids) == 1 {
		batch.Queue(addEvent, e.shards[0], e.ids[0], e.kinds[0], e.subjects[0], e.times[0], e.data[0])
	} else {
		batch.Queue(addEvents, e.shards, e.ids, e.kinds, e.subjects, e.times, e.data)
	}
	batch.Queue(wakeRelays)
}

// queueNotices tells who follows the orders, many in one notice.
func (e *eventRows) queueNotices(batch *pgx.Batch) {
	for start := 0; start < len(e.subjects); start += idsInNotice {
		end := min(start+idsInNotice, len(e.subjects))
		batch.Queue(tellOrders, strings.Join(e.subjects[start:end], ","))
	}
}
