// The documentation of the API: a request is tried from the page, with nothing from outside.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { start } from './server.js'

let server, browser

before(async () => {
  server = await start()
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
})

after(async () => {
  await browser?.close()
  server?.stop()
})

test('a request tried from the documentation is answered', async () => {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  const outside = [], errors = []
  page.on('request', request => /^https?:/.test(request.url()) && !request.url().startsWith(server.base) && outside.push(request.url()))
  page.on('console', message => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', error => errors.push(String(error)))
  await page.goto(`${server.base}/docs#tag/meetings/GET/v1/meetings/{id}`)
  await page.getByRole('button', { name: /Test Request.*get \/v1\/meetings\/\{id\}\)$/i }).click({ timeout: 60_000 })
  const send = page.getByRole('button', { name: /Send Request/i }).last()
  const [answer] = await Promise.all([page.waitForResponse(answer => answer.url().includes('/v1/meetings')), send.click()])
  // The example fills in what is needed, and ticks no filter by itself.
  assert.match(answer.url(), /\/v1\/meetings\/[a-z0-9-]+$/)
  assert.equal(answer.status(), 200)
  assert.deepEqual({ outside, errors }, { outside: [], errors: [] })
})
