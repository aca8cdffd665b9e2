// Every kind of page in a browser: nothing from outside, no error, no barrier; and what visitors come for, in three clicks.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { start } from './server.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const shots = fileURLToPath(new URL('../../target/screenshots/', import.meta.url))
const corrected = '/commitments/c-2018-state-inperson'

const kinds = {
  'start': '/',
  'meetings': '/meetings',
  'meeting': '/meetings/pitf-2024-02-13',
  'meeting-disputed': '/meetings/pitf-2016-01-05',
  'commitments': '/commitments',
  'commitments-narrowed': '/commitments?department=state&status=completed',
  'commitment': corrected,
  'commitment-figures': '/commitments/c-2018-state-pems',
  'progress-updates': '/progress-updates',
  'progress-update': '/progress-updates/p-2019-state-hten',
  'council': '/council',
  'council-member': '/council-members/appt-2018-robert-lung',
  'awards': '/awards',
  'award': '/awards/presidential-award',
  'award-recipient': '/award-recipients/award-ciw',
  'people': '/people',
  'person': '/people/minh-dang',
  'organizations': '/organizations',
  'organization': '/organizations/state',
  'documents': '/documents',
  'document': '/documents/src-wirenn-2024',
  'search': '/search?q=trafficking',
  'changes': '/changes',
  'history': `${corrected}/history`,
  'past': `${corrected}?revision=1`,
  'about': '/about',
  'docs': '/docs',
  'not-found': '/meetings/never-was',
  'bad-parameter': '/commitments?limit=many',
}

let server, browser

before(async () => {
  mkdirSync(shots, { recursive: true })
  server = await start()
  await server.patch(corrected, 1, { status: 'discontinued', status_date: '2020-06', due: '2019-12' }, 'The report was misread')
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  })
})

after(async () => {
  await browser?.close()
  server?.stop()
})

/** A page that remembers what went wrong on it. */
async function visitor(options = {}) {
  const context = await browser.newContext({ baseURL: server.base, viewport: { width: 1200, height: 900 }, ...options })
  const page = await context.newPage()
  const faults = []
  // That a page answers 404 or 400 is told on the console; it is what those pages are for.
  const expected = text => /status of 40[04]/.test(text)
  page.on('console', message => message.type() === 'error' && !expected(message.text()) && faults.push(message.text()))
  page.on('pageerror', error => faults.push(error.message))
  page.on('request', request => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && url.origin !== server.base) faults.push(`asks ${url.host}`)
  })
  return { page, faults, close: () => context.close() }
}

/** Does what leads to another page, and waits until that page is there: a click may return before. */
async function go(page, act) {
  const from = page.url()
  await Promise.all([page.waitForURL(url => url.href !== from), act()])
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [320, 1200]) {
    test(`every kind of page, ${colorScheme}, ${width} wide`, async t => {
      const { page, faults, close } = await visitor({ colorScheme, viewport: { width, height: 900 } })
      for (const [kind, path] of Object.entries(kinds)) {
        await page.goto(path, { waitUntil: 'load' })
        if (kind === 'docs') await page.waitForSelector('#app *')
        await page.evaluate(axe)
        const exclude = kind === 'docs' ? [['#app']] : []
        const { violations } = await page.evaluate(exclude => window.axe.run({ exclude }, { resultTypes: ['violations'] }), exclude)
        const told = violations.map(one => `${one.id}: ${one.nodes.map(node => `${node.html} ${node.failureSummary}`).slice(0, 3).join(' | ')}`)
        assert.deepEqual(told, [], kind)
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        assert.ok(wide <= 0, `${kind} is ${wide} pixels wider than the window`)
        await page.screenshot({ path: `${shots}${kind}-${colorScheme}-${width}.png`, fullPage: kind !== 'docs' })
        assert.deepEqual(faults, [], kind)
      }
      await close()
    })
  }
}

test('without JavaScript, everything is there', async () => {
  const { page, close } = await visitor({ javaScriptEnabled: false })
  await page.goto('/')
  await go(page, () => page.getByRole('link', { name: 'Commitments', exact: true }).click())
  await page.getByLabel('Status', { exact: true }).selectOption('completed')
  await go(page, () => page.getByRole('button', { name: 'Show' }).click())
  assert.match(await page.locator('.found').innerText(), /^15 commitments/)
  await close()
})

test('by keyboard alone, the content is one key away', async () => {
  const { page, close } = await visitor()
  await page.goto('/meetings')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content')
  assert.ok(await page.locator('.skip').isVisible())
  await go(page, () => page.keyboard.press('Enter'))
  assert.equal(new URL(page.url()).hash, '#content')
  await close()
})

test('filters narrow the list and its charts, and can be taken back', async () => {
  const { page, faults, close } = await visitor()
  await page.goto('/commitments')
  const all = await page.locator('.found').innerText()
  const option = await page.locator('#f-department option', { hasText: 'Department of State' }).innerText()
  const expected = option.match(/\((\d+)\)/)[1]
  await page.getByLabel('Department', { exact: true }).selectOption('state')
  await go(page, () => page.getByRole('button', { name: 'Show' }).click())
  assert.match(page.url(), /department=state/)
  assert.equal(await page.locator('.found').innerText(), `${expected} commitments`)
  assert.match(await page.locator('svg').first().getAttribute('aria-label'), new RegExp(`Department of State`))
  await page.getByText('The numbers').first().click()
  assert.ok(await page.locator('.picture table').first().isVisible())
  const json = await (await fetch(new URL(await page.getByRole('link', { name: 'JSON', exact: true }).getAttribute('href'), server.base))).json()
  const shown = await page.locator('.entries h3').allInnerTexts()
  assert.deepEqual(shown, json.data.map(record => record.name))
  await go(page, () => page.getByRole('link', { name: 'All', exact: true }).click())
  assert.equal(await page.locator('.found').innerText(), all)
  assert.deepEqual(faults, [])
  await close()
})

/** The JSON of the page that is open. */
async function data(page) {
  const href = await page.locator('.about-page').getByRole('link', { name: 'JSON', exact: true }).getAttribute('href')
  return (await fetch(new URL(href, server.base))).json()
}

describe('from the start page in at most three clicks', () => {
  test('who chaired the 2024 meeting, and who says so', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await go(page, () => page.getByRole('link', { name: /^2024 meeting/ }).first().click())
    const chair = page.locator('.participants > li').filter({ has: page.locator('.role.chair') })
    assert.equal(await chair.locator('h3 a').innerText(), 'Antony Blinken')
    const source = chair.locator('.sources a').first()
    assert.ok(await source.isVisible())
    const { participants, sources } = await data(page)
    assert.deepEqual([participants[0].role, participants[0].agent.name], ['chair', 'Antony Blinken'])
    assert.equal(sources.find(one => one.field === '/participants/0').document.name, await source.innerText())
    await close()
  })

  test('what the Department of State promised there, and what became of it', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await go(page, () => page.getByRole('link', { name: /^2024 meeting/ }).first().click())
    const promised = page.getByRole('region', { name: 'Commitments made there' }).locator('li').filter({ hasText: 'Department of State' })
    const { commitments } = await data(page)
    assert.equal(await promised.count(), commitments.filter(one => one.departments.some(department => department.id === 'state')).length)
    await go(page, () => promised.getByRole('link').first().click())
    assert.ok(await page.getByRole('heading', { name: 'What became of it' }).isVisible())
    assert.ok((await page.locator('.course > li').count()) > 0)
    assert.equal((await data(page)).meeting.id, 'pitf-2024-02-13')
    await close()
  })

  test('everything on Minh Dang', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await page.getByRole('searchbox').fill('Minh Dang')
    await go(page, () => page.getByRole('button', { name: 'Search' }).click())
    await go(page, () => page.getByRole('link', { name: 'Minh Dang', exact: true }).first().click())
    const { roles } = await data(page)
    assert.deepEqual(roles.map(role => role.role).sort(), ['honoree', 'member', 'recipient'])
    assert.equal(await page.locator('.roles li').count(), roles.length)
    await close()
  })

  test('what the record said before a correction', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await go(page, () => page.getByRole('region', { name: 'Lately changed' }).getByRole('link', { name: /^Extend the Domestic Worker/ }).click())
    const due = page.locator('.differences tr').filter({ has: page.getByRole('rowheader', { name: 'Due', exact: true }) })
    assert.deepEqual([await due.locator('del').innerText(), await due.locator('ins').innerText()], ['2019', 'December 2019'])
    assert.match(await page.locator('.versions').innerText(), /because: The report was misread/)
    const { data: [newest, oldest] } = await data(page)
    assert.deepEqual([oldest.record.due, newest.record.due], ['2019', '2019-12'])
    await go(page, () => page.getByRole('link', { name: 'Read this version' }).last().click())
    assert.match(await page.locator('.past').innerText(), /revision 1/)
    assert.equal((await data(page)).due, '2019')
    await go(page, () => page.getByRole('link', { name: 'Commitments', exact: true }).first().click())
    assert.ok(await page.locator('.past').isVisible(), 'links keep the time')
    await go(page, () => page.getByRole('link', { name: 'Read it as it is now' }).click())
    assert.equal(await page.locator('.past').count(), 0)
    await close()
  })
})

test('any page turns to another time by a form', async () => {
  const { page, close } = await visitor()
  await page.goto(corrected)
  await page.getByLabel('at revision').fill('1')
  await go(page, () => page.getByRole('button', { name: 'Go' }).last().click())
  assert.match(page.url(), /revision=1$/)
  assert.ok(await page.locator('.past').isVisible())
  await close()
})
