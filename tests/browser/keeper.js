// A record keeper in a browser, for the tests of the forms.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
export const shots = fileURLToPath(new URL('../../target/screenshots/', import.meta.url))

/** Starts the browser. */
export function launch() {
  mkdirSync(shots, { recursive: true })
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

/** Returns a page of a record keeper who has signed in to a server with a key. */
export async function signIn(browser, { base, key }, options = {}) {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  await page.goto('/sign-in')
  await page.getByLabel('Key').pressSequentially(key)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/edit$/)
  return { page, close: () => context.close() }
}

/** Checks that nothing on a page is a barrier, and that it fits the window. */
export async function check(page, name) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  const found = violations.map(one => `${one.id}: ${one.nodes.map(node => `${node.html} ${node.failureSummary}`).slice(0, 3).join(' | ')}`)
  assert.deepEqual(found, [], name)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert.ok(wide <= 0, `${name} is ${wide} pixels wider than the window`)
  await page.screenshot({ path: `${shots}${name}.png`, fullPage: true })
}

/** Presses a button of a form by its value. */
export async function act(page, value) {
  await Promise.all([page.waitForEvent('load'), page.locator(`button[name="do"][value="${value}"]:not([tabindex])`).first().click()])
}

/** Presses a button by its name. */
export async function press(page, name) {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).click()])
}
