// Record keeping in a browser, with real typing: by keyboard alone, without scripts, narrow and wide, with and without errors.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { start } from './server.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const shots = fileURLToPath(new URL('../../target/screenshots/', import.meta.url))

let server, browser

before(async () => {
  mkdirSync(shots, { recursive: true })
  server = await start()
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
})

after(async () => {
  await browser?.close()
  server?.stop()
})

/** A page of a record keeper who has signed in. */
async function keeper(options = {}) {
  const context = await browser.newContext({ baseURL: server.base, viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  await page.goto('/sign-in')
  await page.getByLabel('Key').pressSequentially(server.key)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/edit$/)
  return { page, close: () => context.close() }
}

/** Checks that nothing on a page is a barrier, and that it fits the window. */
async function check(page, name) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  const found = violations.map(one => `${one.id}: ${one.nodes.map(node => `${node.html} ${node.failureSummary}`).slice(0, 3).join(' | ')}`)
  assert.deepEqual(found, [], name)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert.ok(wide <= 0, `${name} is ${wide} pixels wider than the window`)
  await page.screenshot({ path: `${shots}${name}.png`, fullPage: true })
}

async function press(page, name) {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).click()])
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [320, 1280]) {
    test(`every form, ${colorScheme}, ${width} wide`, async () => {
      const { page, close } = await keeper({ colorScheme, viewport: { width, height: 900 } })
      const end = `${colorScheme}-${width}`
      await check(page, `desk-${end}`)
      for (const path of ['organizations', 'people', 'documents', 'awards', 'meetings', 'council-members', 'award-recipients', 'commitments', 'progress-updates']) {
        await page.goto(`/edit/${path}`)
        await check(page, `add-${path}-${end}`)
        await press(page, 'Preview the changes')
        assert.match(await page.title(), /^Error: /, path)
        await check(page, `add-${path}-wrong-${end}`)
      }
      await page.goto('/edit/meetings/pitf-2024-02-13')
      await check(page, `edit-meeting-${end}`)
      await page.getByLabel('Status', { exact: false }).first().selectOption('cancelled')
      await press(page, 'Preview the changes')
      await check(page, `preview-meeting-${end}`)
      await page.goto('/sign-in')
      await page.goto('/sign-out')
      await check(page, `sign-out-${end}`)
      await close()
    })
  }
}

for (const javaScriptEnabled of [true, false]) {
  test(`a commitment is entered, corrected and saved ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
    const { page, close } = await keeper({ javaScriptEnabled })
    const name = `Train ${javaScriptEnabled ? 'new' : 'all'} officers`
    await page.getByRole('link', { name: 'Add a commitment' }).click()
    await page.getByLabel('Name', { exact: true }).pressSequentially(name)
    await page.getByLabel('Due date (optional)').pressSequentially('2/13/2030')
    await press(page, 'Add Department 1')
    await page.getByLabel('Department 1', { exact: true }).pressSequentially('homeland')
    await press(page, 'Preview the changes')
    // Both faults are on top, and lead to their fields.
    await page.getByRole('link', { name: /^Due date: / }).click()
    assert.equal(new URL(page.url()).hash, '#f-due')
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), name)
    await page.getByLabel('Due date (optional)').fill('2030-02-13')
    await page.getByLabel(/Homeland Security/).first().check()
    await press(page, 'Preview the changes')
    await page.getByLabel('Source (optional)', { exact: true }).pressSequentially('Secretary Blinken Chairs')
    await press(page, 'Save')
    // The name of the source is not exact: the matching documents are offered.
    await page.getByLabel(/src-wirenn-2024/).check()
    await Promise.all([page.waitForURL(/\/commitments\//), page.getByRole('button', { name: 'Save', exact: true }).click()])
    assert.equal(await page.locator('h1').innerText(), name)
    const record = await (await fetch(`${server.base}/v1${new URL(page.url()).pathname}`)).json()
    assert.deepEqual([record.due, record.departments[0].id, record.sources[0].document.id], ['2030-02-13', 'homeland-security', 'src-wirenn-2024'])
    await close()
  })
}

test('by keyboard alone, a record is found, edited and saved', async () => {
  const { page, close } = await keeper()
  await page.goto('/organizations/labor')
  const tabTo = async text => {
    for (let presses = 0; presses < 400; presses++) {
      await page.keyboard.press('Tab')
      const at = await page.evaluate(() => `${document.activeElement.textContent} ${document.activeElement.labels?.[0]?.textContent ?? ''}`)
      if (at.trim().startsWith(text)) return
    }
    assert.fail(`no Tab leads to ${text}`)
  }
  await tabTo('Edit this organization')
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  await tabTo('Website')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('https://www.dol.gov/agencies')
  // Enter in a field previews the form.
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  assert.match(await page.title(), /^Preview: /)
  await tabTo('Save')
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  assert.match(page.url(), /\/organizations\/labor$/)
  await tabTo('Sign out')
  await Promise.all([page.waitForURL(`${server.base}/`), page.keyboard.press('Enter')])
  assert.equal(await page.getByText('Signed in as').count(), 0)
  await close()
})
