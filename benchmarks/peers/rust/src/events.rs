//! What the rows of the outbox have in common.

const SHARDS: u32 = 16;

/// The shard keeps the order of this aggregate.
pub fn shard_of(subject: &str) -> i16 {
    (crc32fast::hash(subject.as_bytes()) % SHARDS) as i16
}
