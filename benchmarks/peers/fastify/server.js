// The Node peer: Fastify on a pool of pg, in as many processes as WORKERS says.
import cluster from 'node:cluster'
import process from 'node:process'
import Fastify from 'fastify'
import pg from 'pg'
import { message, today } from './birthdays.js'

const POOL_SIZE = 20
const READ = 'SELECT date_of_birth FROM people WHERE username = $1'
const SAVE = `INSERT INTO people (username, date_of_birth) VALUES ($1, $2)
  ON CONFLICT (username) DO UPDATE SET date_of_birth = excluded.date_of_birth`

const params = {
  type: 'object',
  properties: { name: { type: 'string', pattern: '^[A-Za-z]{1,100}$' } }
}
const body = {
  type: 'object',
  required: ['dateOfBirth'],
  properties: { dateOfBirth: { type: 'string', format: 'date' } }
}
const greeting = { type: 'object', properties: { message: { type: 'string' } } }

function build (pool) {
  const app = Fastify({
    routerOptions: { maxParamLength: 1000 },
    ajv: { customOptions: { coerceTypes: false } }
  })
  app.put('/hello/:name', { schema: { params, body } }, async (request, reply) => {
    const born = request.body.dateOfBirth
    if (born >= today()) return reply.code(400).send({ detail: 'dateOfBirth: must be before today' })
    await pool.query({ name: 'save', text: SAVE, values: [request.params.name, born] })
    return reply.code(204).send()
  })
  app.get('/hello/:name', { schema: { params, response: { 200: greeting } } }, async (request, reply) => {
    const { name } = request.params
    const { rows } = await pool.query({ name: 'read', text: READ, values: [name] })
    if (rows.length === 0) return reply.code(404).send({ detail: 'nobody has this name' })
    return { message: message(name, rows[0].date_of_birth) }
  })
  return app
}

const workers = Number(process.env.WORKERS)
if (cluster.isPrimary && workers > 1) {
  for (let number = 0; number < workers; number++) cluster.fork()
} else {
  pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text)
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: POOL_SIZE })
  await build(pool).listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
}
