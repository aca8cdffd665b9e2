// A page of another origin reads the API, as a front end would: responses, errors, and the exposed
// headers.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { start } from './server.js'

let server, elsewhere, browser, page

before(async () => {
  server = await start()
  elsewhere = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Elsewhere</title>'))
  await new Promise(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`)
})

after(async () => {
  await browser?.close()
  elsewhere?.close()
  server?.stop()
})

/** Sends a request from a script of the page. */
const request = (path, options = {}) => page.evaluate(async ([url, options]) => {
  try {
    const response = await fetch(url, { cache: 'no-store', ...options })
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json') && text ? JSON.parse(text.split('\n')[0]) : null
    return { status: response.status, headers: Object.fromEntries(response.headers), json, length: text.length }
  } catch (error) {
    return { refused: String(error) }
  }
}, [server.base + path, options])

test('the page has another origin', async () => {
  assert.notEqual(await page.evaluate(() => location.origin), server.base)
})

test('reads a list with the exposed headers', async () => {
  // A response that was cached for a request without an origin must also work for a page.
  await fetch(`${server.base}/v1/commitments?department=state&limit=2`)
  const list = await request('/v1/commitments?department=state&limit=2')
  assert.equal(list.status, 200)
  assert.equal(list.json.data.length, 2)
  assert.match(list.headers.etag, /^"/)
  assert.match(list.headers.link, /rel="next"/)
  assert.ok(list.headers['x-request-id'])
  assert.ok(list.headers.ratelimit)
  const next = await request(new URL(list.json.page.next, server.base).href.slice(server.base.length))
  assert.equal(next.status, 200)
  // Cached responses are valid for every origin.
  assert.deepEqual((await request('/v1/commitments?department=state&limit=2')).json, list.json)
})

test('a conditional request gets a 304', async () => {
  const first = await request('/v1/meetings')
  const again = await request('/v1/meetings', { headers: { 'If-None-Match': first.headers.etag } })
  assert.equal(again.status, 304)
  assert.equal(again.length, 0)
})

test('reads other formats', async () => {
  assert.equal((await request('/v1/people?format=ndjson')).json.type, 'person')
  assert.equal((await request('/v1/people', { headers: { Accept: 'text/csv' } })).status, 200)
})

test('reads errors', async () => {
  const wrong = await request('/v1/commitments?departmnt=state')
  assert.deepEqual([wrong.status, wrong.json.code], [400, 'invalid-parameter'])
  assert.equal(wrong.json.errors[0].hint, 'department')
  assert.equal((await request('/v1/people/nobody-of-that-id')).json.code, 'not-found')
  assert.equal((await request('/v1/nothing')).json.code, 'not-found')
  assert.equal((await request('/v1/people', { headers: { Accept: 'image/png' } })).json.code, 'not-acceptable')
})

test('does not allow writes from another origin', async () => {
  const write = { method: 'DELETE', headers: { 'Authorization': 'Bearer tfk_x', 'If-Match': '*' } }
  assert.ok((await request('/v1/people/minh-dang', write)).refused)
})
