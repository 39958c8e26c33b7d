// What a customer does, with the types that openapi-typescript generates and the client openapi-fetch.
import createClient from "openapi-fetch";

import type { paths } from "./schema.js";

declare const process: { argv: string[] };

const [ORDERS, PAGE] = [5, 2];
const baseUrl = process.argv[2] ?? "";
const client = createClient<paths>({ baseUrl });

function check(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(JSON.stringify(what));
}

async function greet(): Promise<void> {
  const path = { username: "John" };
  const saved = await client.PUT("/hello/{username}", {
    params: { path },
    body: { dateOfBirth: "1990-05-17" },
  });
  check(saved.response.status === 204, saved.error);
  const greeting = await client.GET("/hello/{username}", { params: { path, query: { tz: "Europe/Paris" } } });
  check(greeting.data !== undefined, greeting.error);
  check(greeting.data.message.startsWith("Hello, John! "), greeting.data);
}

async function meetAProblem(): Promise<void> {
  const { error } = await client.GET("/hello/{username}", { params: { path: { username: "Stranger" } } });
  check(error !== undefined && error.status === 404 && error.instance === "/hello/Stranger", error);
}

async function signUp(): Promise<string> {
  const login = { email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
  const account = await client.POST("/api/v1/users/register", { body: { ...login, full_name: "Ada Lovelace" } });
  check(account.data?.full_name === "Ada Lovelace", account.error);
  const tokens = await client.POST("/api/v1/users/login", { body: login });
  check(tokens.data !== undefined, tokens.error);
  return tokens.data.access_token;
}

async function order(headers: { Authorization: string }): Promise<void> {
  const item = await client.POST("/api/v1/items", { headers, body: { title: "A kite", price_cents: 1999 } });
  check(item.data !== undefined, item.error);
  const body = { lines: [{ item_id: item.data.id, quantity: 2 }], recipient: "John" };
  const made = new Set<string>();
  for (let count = 0; count < ORDERS; count++) {
    const created = await client.POST("/api/v1/orders", {
      headers,
      params: { header: { "idempotency-key": crypto.randomUUID() } },
      body,
    });
    check(created.data?.total_cents === 2 * 1999, created.error);
    made.add(created.data.id);
  }
  const found = await listed(headers);
  check(found.length === ORDERS && found.every((id) => made.has(id)), found);
}

async function listed(headers: { Authorization: string }): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor === null ? { limit: PAGE } : { limit: PAGE, cursor };
    const page: { data?: { orders: { id: string }[]; next_cursor: string | null }; error?: unknown } =
      await client.GET("/api/v1/orders", { headers, params: { query } });
    check(page.data !== undefined, page.error);
    found.push(...page.data.orders.map((one) => one.id));
    cursor = page.data.next_cursor;
  } while (cursor !== null);
  return found;
}

await greet();
await meetAProblem();
await order({ Authorization: `Bearer ${await signUp()}` });
