// Every page type in a browser: accessibility, no external requests, no errors, and common tasks in
// at most three clicks.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { start } from './server.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const shots = fileURLToPath(new URL('../../target/screenshots/', import.meta.url))
const corrected = '/commitments/c-2018-state-inperson'

/** The pages with a list, and how many records a page shows. */
const lists = {
  'meetings': '/meetings',
  'commitments': '/commitments',
  'commitments-filtered': '/commitments?department=state&status=completed',
  'progress-updates': '/progress-updates',
  'council': '/council',
  'awards': '/awards',
  'people': '/people',
  'organizations': '/organizations',
  'documents': '/documents',
}

const records = {
  'meeting': '/meetings/pitf-2024-02-13',
  'meeting-disputed': '/meetings/pitf-2016-01-05',
  'commitment': corrected,
  'commitment-figures': '/commitments/c-2018-state-pems',
  'progress-update': '/progress-updates/p-2019-state-hten',
  'council-member': '/council-members/appt-2018-robert-lung',
  'award': '/awards/presidential-award',
  'award-recipient': '/award-recipients/award-ciw',
  'person': '/people/minh-dang',
  'person-with-many-roles': '/people/antony-blinken',
  'organization': '/organizations/state',
  'task-force': '/organizations/pitf',
  'document': '/documents/state-release-2024',
}

const pages = {
  'start': '/',
  ...lists,
  ...records,
  'commitments-none': '/commitments?department=labor&status=unknown&year=2024',
  'search': '/search?q=trafficking',
  'search-none': '/search?q=traficking',
  'search-empty': '/search',
  'changes': '/changes',
  'revision': '/changes?after=0&limit=1',
  'history': `${corrected}/history`,
  'history-of-a-meeting': '/meetings/pitf-2024-02-13/history',
  'history-of-a-deleted-record': '/people/entered-twice/history',
  'history-of-a-merged-record': '/people/minh-dang-again/history',
  'past': `${corrected}?revision=1`,
  'past-start': '/?revision=1',
  'before-the-first-revision': '/meetings?as_of=2001-01-01',
  'about': '/about',
  'problem-kind': '/problems/gone',
  'not-found': '/meetings/never-was',
  'deleted': '/people/entered-twice',
  'merged': '/people/minh-dang-again',
  'bad-parameter': '/commitments?limit=many',
  'sign-in': '/sign-in',
}

/** Pages for record keepers, and pages with more links for them. */
const signedIn = {
  'desk': '/edit',
  'edit-commitment': '/edit/commitments/c-2018-state-pems',
  'add-person': '/edit/people',
  'start-signed-in': '/',
  'commitment-signed-in': corrected,
  'commitments-signed-in': '/commitments',
}

let server, browser

before(async () => {
  mkdirSync(shots, { recursive: true })
  server = await start('--report-url', 'https://example.org/report?page={url}&record={id}&revision={revision}')
  await server.remove('/people/entered-twice', await server.create('/people', { id: 'entered-twice', name: 'Entered Twice' }), 'Entered twice')
  const again = await server.create('/people', { id: 'minh-dang-again', name: 'Minh Dang' })
  await server.merge('/people/minh-dang-again', again, 'minh-dang', 'Both records are about one person')
  // The last change, so that the start page shows it.
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

/** Opens a page that records what went wrong on it: console messages, requests to other hosts, layout shifts. */
async function visitor(options = {}) {
  const context = await browser.newContext({ baseURL: server.base, viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const faults = []
  // The console reports the expected status of pages with 400, 404 or 410.
  const isExpected = text => /status of 4(00|04|10)/.test(text)
  page.on('console', message => isExpected(message.text()) || faults.push(message.text()))
  page.on('pageerror', error => faults.push(error.message))
  page.on('request', request => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && url.origin !== server.base) faults.push(`requests ${url.host}`)
  })
  await page.addInitScript(() => {
    window.shifted = 0
    new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shifted += entry.value }))
      .observe({ type: 'layout-shift', buffered: true })
  })
  return { page, faults, close: () => context.close() }
}

/** Does what leads to another page, and waits for that page: a click may return before. */
async function go(page, act) {
  const from = page.url()
  await Promise.all([page.waitForURL(url => url.href !== from), act()])
}

async function violations(page) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return violations.map(one => `${one.id}: ${one.nodes.map(node => `${node.html} ${node.failureSummary}`).slice(0, 3).join(' | ')}`)
}

/** Each color scheme and each width is checked by axe once, which takes most of the time. */
const views = [
  { colorScheme: 'light', width: 320, isAudited: true },
  { colorScheme: 'dark', width: 1280, isAudited: true },
  { colorScheme: 'light', width: 1280, isAudited: false },
  { colorScheme: 'dark', width: 320, isAudited: false },
]

for (const { colorScheme, width, isAudited } of views) {
  test(`every page type, ${colorScheme}, ${width} px wide`, async () => {
    const { page, faults, close } = await visitor({ colorScheme, viewport: { width, height: 900 } })
    const look = async ([name, path]) => {
      await page.goto(path, { waitUntil: 'load' })
      if (isAudited) assert.deepEqual(await violations(page), [], name)
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      assert.ok(excess <= 0, `${name} is ${excess} px wider than the window`)
      assert.ok(await page.evaluate(() => window.shifted) < 0.01, `the layout of ${name} shifts`)
      await page.screenshot({ path: `${shots}${name}-${colorScheme}-${width}.png`, fullPage: true })
      assert.deepEqual(faults, [], name)
    }
    for (const entry of Object.entries(pages)) await look(entry)
    await page.goto('/sign-in')
    await page.getByLabel('Key').fill(server.key)
    await go(page, () => page.keyboard.press('Enter'))
    for (const entry of Object.entries(signedIn)) await look(entry)
    await close()
  })
}

test('charts fit a narrow screen and show their values', async () => {
  const { page, close } = await visitor({ viewport: { width: 320, height: 900 } })
  for (const path of ['/', '/commitments', '/awards', '/council', '/meetings']) {
    await page.goto(path)
    await page.evaluate(() => document.querySelectorAll('details').forEach(details => { details.open = true }))
    const charts = await page.locator('figure.chart').count()
    assert.ok(charts > 0, path)
    const clipped = await page.evaluate(() => [...document.querySelectorAll('figure.chart :is(rect, circle, text, .bar-value)')]
      .filter(mark => mark.getBoundingClientRect().right > innerWidth + 1 || mark.getBoundingClientRect().left < -1).length)
    assert.equal(clipped, 0, path)
    assert.equal(await page.locator('figure.chart summary').filter({ hasText: 'View as table' }).count(), charts, path)
    assert.ok(await page.locator('.bar-value, text.value, circle').count() > 0, path)
  }
  await close()
})

test('a status has the same color in tags and charts', async () => {
  const { page, close } = await visitor()
  await page.goto('/commitments')
  for (const status of ['announced', 'completed', 'in_progress']) {
    const fill = await page.locator(`.chart rect.${status}`).first().evaluate(mark => getComputedStyle(mark).fill)
    const tag = page.locator(`.status.${status}`).first()
    if (await tag.count()) assert.equal(await tag.evaluate(tag => getComputedStyle(tag).color), fill, status)
  }
  const order = await page.locator('.legend').first().locator('li').allInnerTexts()
  assert.deepEqual(order.map(text => text.replace(/ [\d,]+$/, '').trim()), ['announced', 'in progress', 'completed', 'discontinued', 'unknown'])
  await close()
})

test('filters and charts are collapsed only on narrow screens', async () => {
  for (const [width, isVisible] of [[375, false], [1280, true]]) {
    const { page, close } = await visitor({ viewport: { width, height: 900 } })
    await page.goto('/commitments')
    assert.equal(await page.locator('form.filters').isVisible(), isVisible, `${width}`)
    assert.equal(await page.locator('figure.chart').first().isVisible(), isVisible, `${width}`)
    if (!isVisible) {
      await page.getByText('Filter', { exact: true }).click()
      assert.ok(await page.locator('form.filters').isVisible())
    }
    await close()
  }
})

test('the first result is within three Tab stops after "Skip to results"', async () => {
  const { page, close } = await visitor()
  for (const [name, path] of Object.entries({ ...lists, search: pages.search })) {
    await page.goto(path)
    await page.getByRole('link', { name: 'Skip to results' }).focus()
    await page.keyboard.press('Enter')
    let isResult = false
    for (let stop = 0; stop < 3 && !isResult; stop++) {
      await page.keyboard.press('Tab')
      isResult = await page.evaluate(() => document.activeElement.closest('.entries') !== null)
    }
    assert.ok(isResult, name)
  }
  await close()
})

test('print shows collapsed content and the addresses of sources', async () => {
  const { page, close } = await visitor()
  await page.goto('/meetings/pitf-2024-02-13')
  await page.emulateMedia({ media: 'print' })
  assert.ok(await page.locator('.remarks p').first().isVisible())
  const address = await page.locator('.sources a').first().evaluate(link => getComputedStyle(link, '::after').content)
  assert.match(address, /\/documents\//)
  const original = await page.locator('.cited .outside').first().evaluate(link => getComputedStyle(link, '::after').content)
  assert.match(original, /https:\/\//)
  await page.goto('/commitments')
  assert.ok(await page.locator('figure.chart').first().isVisible())
  assert.ok(!await page.locator('form.filters').isVisible())
  await close()
})

test('a print has no empty sheet and no empty section', async () => {
  const { page, close } = await visitor()
  await page.emulateMedia({ media: 'print' })
  // A revision with many records does not fit one sheet.
  await page.goto('/changes?after=0&limit=1')
  const breaks = await page.locator('.versions > li').first().evaluate(entry => getComputedStyle(entry).breakInside)
  assert.equal(breaks, 'auto')
  await page.goto('/search?q=zzzzqq')
  assert.ok(!await page.locator('.about-page').isVisible())
  await page.goto('/search?q=state')
  assert.ok(!await page.locator('.about-page').isVisible())
  await page.goto('/commitments')
  assert.ok(await page.locator('.about-page').isVisible())
  await close()
})

test('facts refer to the sources of the record by number', async () => {
  const { page, close } = await visitor()
  await page.goto('/meetings/pitf-2024-02-13')
  const { participants, sources } = await data(page)
  const index = participants.findIndex(one => one.agent.name === 'Tom Vilsack')
  const number = page.locator('.participants > li').nth(index).locator('.numbers a')
  const { document } = sources.find(one => one.field === `/participants/${index}`)
  assert.equal(await number.getAttribute('title'), document.name)
  await go(page, () => number.click())
  const target = page.locator('.cited > li:target')
  assert.equal(await target.locator('a').first().innerText(), document.name)
  assert.deepEqual(await target.locator('.facts-line > span').allInnerTexts(), ['The White House', 'February 14, 2024', 'whitehouse.gov'])
  await close()
})

test('differences fit a narrow screen without breaking words', async () => {
  const { page, close } = await visitor({ viewport: { width: 320, height: 900 } })
  await page.goto(pages.history)
  const box = await page.locator('.differences ins').first().boundingBox()
  assert.ok(box.width > 200, `${box.width} px`)
  await close()
})

test('every page is below 15 KB compressed', async () => {
  for (const [name, path] of Object.entries(pages)) {
    const response = await fetch(server.base + path, { headers: { Accept: 'text/html' } })
    const size = brotliCompressSync(Buffer.from(await response.arrayBuffer()), { params: { 1: 5 } }).length
    assert.ok(size < 15_000, `${name} has ${size} bytes`)
  }
})

test('pages work without scripts', async () => {
  const { page, close } = await visitor({ javaScriptEnabled: false })
  await page.goto('/')
  await go(page, () => page.getByRole('link', { name: 'Commitments', exact: true }).click())
  await page.getByLabel('Status', { exact: true }).selectOption('completed')
  await go(page, () => page.getByRole('button', { name: 'Apply' }).click())
  assert.equal(new URL(page.url()).search, '?status=completed', 'empty parameters are dropped')
  assert.match(await page.locator('.found').innerText(), /^15 commitments/)
  await close()
})

test('the first Tab stop skips to the main content', async () => {
  const { page, close } = await visitor()
  await page.goto('/meetings')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to main content')
  assert.ok(await page.locator('body > .skip').isVisible())
  await go(page, () => page.keyboard.press('Enter'))
  assert.equal(new URL(page.url()).hash, '#content')
  await close()
})

/** The JSON of the page that is open. */
async function data(page) {
  const href = await page.locator('.about-page').getByRole('link', { name: 'JSON', exact: true }).getAttribute('href')
  return (await fetch(new URL(href, server.base))).json()
}

test('filters narrow a list and its charts, and can be removed', async () => {
  const { page, faults, close } = await visitor()
  await page.goto('/commitments')
  const all = await page.locator('.found').innerText()
  const option = await page.locator('#f-department option', { hasText: 'Department of State' }).innerText()
  const expected = option.match(/\((\d+)\)/)[1]
  await page.getByLabel('Department', { exact: true }).selectOption('state')
  await go(page, () => page.getByRole('button', { name: 'Apply' }).click())
  assert.match(page.url(), /department=state/)
  assert.equal(await page.locator('.found').innerText(), `${expected} commitments`)
  assert.match(await page.locator('.bars').first().innerText(), /Department of State/)
  await page.getByText('View as table').first().click()
  assert.ok(await page.locator('.chart table').first().isVisible())
  assert.deepEqual(await page.locator('.entries h3').allInnerTexts(), (await data(page)).data.map(record => record.name))
  assert.match(await page.locator('.chips').innerText(), /Department: Department of State/)
  await go(page, () => page.getByRole('link', { name: /^Remove filter Department/ }).click())
  assert.equal(await page.locator('.found').innerText(), all)
  assert.deepEqual(faults, [])
  await close()
})

test('filters can be removed by name when nothing matches', async () => {
  const { page, close } = await visitor()
  await page.goto(pages['commitments-none'])
  assert.equal(await page.locator('.nothing').innerText(), 'No commitments match. Remove a filter.')
  assert.match(await page.locator('.chips').innerText(), /Department: Department of Labor/)
  await go(page, () => page.getByRole('link', { name: /^Remove filter Status/ }).click())
  assert.ok(await page.locator('.entries > li').count() > 0)
  await close()
})

test('paging leads forward and back', async () => {
  const { page, close } = await visitor()
  await page.goto('/commitments?limit=40')
  const first = await page.locator('.entries').innerText()
  assert.equal(await page.locator('.found').innerText(), 'Showing 1–40 of 99 commitments')
  await go(page, () => page.getByRole('link', { name: 'Next page' }).click())
  assert.equal(await page.locator('.found').innerText(), 'Showing 41–80 of 99 commitments')
  const second = await page.locator('.entries').innerText()
  await go(page, () => page.getByRole('link', { name: 'Next page' }).click())
  assert.equal(await page.locator('.found').innerText(), 'Showing 81–99 of 99 commitments')
  assert.equal(await page.getByRole('link', { name: 'Next page' }).count(), 0)
  await go(page, () => page.getByRole('link', { name: 'Previous page' }).click())
  assert.equal(await page.locator('.entries').innerText(), second)
  await go(page, () => page.getByRole('link', { name: 'Previous page' }).click())
  assert.equal(await page.locator('.entries').innerText(), first)
  await close()
})

test('a search without hits suggests another query', async () => {
  const { page, close } = await visitor()
  await page.goto('/search?q=traficking')
  await go(page, () => page.locator('.nothing a').click())
  assert.match(page.url(), /q=trafficking/)
  assert.ok(await page.locator('.entries > li').count() > 0)
  await go(page, () => page.getByRole('navigation', { name: 'Types of records' }).getByRole('link', { name: /^Meetings/ }).click())
  assert.deepEqual(new Set(await page.locator('.entries .facts-line').allInnerTexts()), new Set(['Meeting']))
  await close()
})

test('every record page has a link to report an error', async () => {
  const { page, close } = await visitor()
  for (const [name, path] of Object.entries(records)) {
    await page.goto(path)
    const href = await page.getByRole('link', { name: 'Report an error' }).getAttribute('href')
    const query = new URL(href).searchParams
    assert.equal(query.get('record'), path.split('/').at(-1), name)
    assert.match(query.get('revision'), /^\d+$/, name)
    assert.match(query.get('page'), new RegExp(`${path}\\?revision=`), name)
  }
  await close()
})

describe('from the start page in at most three clicks', () => {
  /** The entry of the latest meeting. */
  const latest = page => page.getByRole('region', { name: 'Latest meeting' }).locator('.latest h3 a')

  test('who chaired the latest meeting, and who says so', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await go(page, () => latest(page).click())
    const chair = page.locator('.participants > li').filter({ has: page.locator('.role.chair') })
    assert.equal(await chair.locator('h3 a').innerText(), 'Antony Blinken')
    const source = chair.locator('.sources a').first()
    assert.ok(await source.isVisible())
    const { participants, sources } = await data(page)
    assert.deepEqual([participants[0].role, participants[0].agent.name], ['chair', 'Antony Blinken'])
    assert.equal(sources.find(one => one.field === '/participants/0').document.name, await source.innerText())
    await close()
  })

  test('the commitments of the Department of State there, and their outcome', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await go(page, () => latest(page).click())
    const promised = page.getByRole('region', { name: /^Commitments made/ }).locator('details').filter({ hasText: /^Department of State/ })
    await promised.locator('summary').click()
    const { commitments } = await data(page)
    assert.equal(await promised.locator('li').count(), commitments.filter(one => one.departments[0]?.id === 'state').length)
    await go(page, () => promised.getByRole('link').first().click())
    assert.ok(await page.getByRole('heading', { name: 'Progress and outcome' }).isVisible())
    assert.ok((await page.locator('.timeline > li').count()) > 0)
    assert.equal((await data(page)).meeting.id, 'pitf-2024-02-13')
    await close()
  })

  test('all commitments of the Department of State with status, due date and outcome', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await go(page, () => page.getByRole('link', { name: 'Organizations', exact: true }).first().click())
    await page.getByLabel('Words').fill('Department of State')
    await go(page, () => page.getByRole('button', { name: 'Apply' }).click())
    await go(page, () => page.getByRole('link', { name: 'Department of State', exact: true }).first().click())
    const list = await (await fetch(`${server.base}/v1/commitments?department=state&limit=1`)).json()
    assert.equal(await page.locator('table.commitments tbody tr').count(), list.page.total)
    assert.equal(await page.locator('table.commitments .status:not(.overdue)').count() >= list.page.total, true)
    await close()
  })

  test('everything about Minh Dang', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await page.getByRole('searchbox').fill('Minh Dang')
    await go(page, () => page.getByRole('button', { name: 'Search' }).click())
    await go(page, () => page.getByRole('link', { name: 'Minh Dang', exact: true }).first().click())
    const { roles } = await data(page)
    assert.deepEqual(roles.map(role => role.role).sort(), ['honoree', 'member', 'recipient'])
    assert.equal(await page.locator('.roles .tag.role').count(), roles.length)
    await close()
  })

  test('everything about Antony Blinken', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await go(page, () => page.getByRole('region', { name: 'Latest meeting' }).getByRole('link', { name: 'Antony Blinken' }).click())
    const { roles } = await data(page)
    const linked = await page.locator('section[aria-labelledby=roles] a').evaluateAll(links => links.map(link => new URL(link.href).pathname))
    for (const { record } of roles) assert.ok(linked.some(path => path.endsWith(`/${record.id}`)), record.id)
    await close()
  })

  test('what a record said before a correction', async () => {
    const { page, close } = await visitor()
    await page.goto('/')
    await go(page, () => page.getByRole('region', { name: 'Recent changes' }).getByRole('link', { name: /^Extend the Domestic Worker/ }).click())
    const due = page.locator('.differences tr').filter({ has: page.getByRole('rowheader', { name: 'Due date', exact: true }) })
    assert.deepEqual([await due.locator('del').innerText(), await due.locator('ins').innerText()], ['2019', 'December 2019'])
    assert.match(await page.locator('.versions').innerText(), /Reason: The report was misread/)
    const { data: [latest, oldest] } = await data(page)
    assert.deepEqual([oldest.record.due, latest.record.due], ['2019', '2019-12'])
    await go(page, () => page.getByRole('link', { name: 'View this version' }).last().click())
    assert.match(await page.locator('.past').innerText(), /revision 1/)
    assert.equal((await data(page)).due, '2019')
    await go(page, () => page.getByRole('link', { name: 'Commitments', exact: true }).first().click())
    assert.ok(await page.locator('.past').isVisible(), 'links keep the revision')
    await go(page, () => page.getByRole('link', { name: 'View the latest version' }).click())
    assert.equal(await page.locator('.past').count(), 0)
    await close()
  })
})

test('a deleted record leads to its history, and a merged one to the record that replaced it', async () => {
  const { page, close } = await visitor()
  await page.goto(pages.deleted)
  assert.match(await page.locator('main').innerText(), /The person was deleted at revision \d+\./)
  await go(page, () => page.getByRole('link', { name: 'View history' }).click())
  assert.equal(new URL(page.url()).pathname, pages['history-of-a-deleted-record'])
  await page.goto(pages['history-of-a-merged-record'])
  await go(page, () => page.getByRole('link', { name: 'View the record that replaced it' }).click())
  assert.equal(await page.locator('h1').innerText(), 'Minh Dang')
  await close()
})

test('a form leads to any page as of another revision', async () => {
  const { page, close } = await visitor()
  await page.goto(corrected)
  await page.getByLabel('At revision').fill('1')
  await go(page, () => page.getByRole('button', { name: 'View this revision' }).click())
  assert.match(page.url(), /revision=1$/)
  assert.ok(await page.locator('.past').isVisible())
  await close()
})
