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

test('the navigation is there at 1280 pixels, and leads to what it names', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  await page.goto(`${server.base}/docs`)
  const entry = page.getByRole('complementary').getByText('meetings').first()
  await entry.waitFor({ state: 'visible', timeout: 60_000 })
  const place = () => page.evaluate(() => [location.hash, Math.round(window.scrollY)].join(' '))
  const before = await place()
  await entry.click()
  await page.waitForFunction(before => [location.hash, Math.round(window.scrollY)].join(' ') !== before, before)
  await page.close()
})

test('the site\'s styles do not reach into the documentation', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  await page.goto(`${server.base}/docs#tag/meetings/GET/v1/meetings/{id}`)
  await page.getByRole('button', { name: /Test Request.*get \/v1\/meetings\/\{id\}\)$/i }).click({ timeout: 60_000 })
  const send = page.getByRole('button', { name: /Send Request/i }).last()
  await send.waitFor({ state: 'visible' })
  const { ink, paper } = await send.evaluate(button => {
    const style = getComputedStyle(button)
    return { ink: style.color, paper: style.backgroundColor }
  })
  assert.notEqual(ink, paper)
  const sheets = await page.evaluate(() => [...document.styleSheets].map(sheet => sheet.href).filter(Boolean))
  assert.ok(sheets.every(href => new URL(href).pathname !== '/style.css'), sheets.join())
  await page.close()
})
