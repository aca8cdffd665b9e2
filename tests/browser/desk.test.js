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
async function keeper(options = {}, { base, key } = server) {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  await page.goto('/sign-in')
  await page.getByLabel('Key').pressSequentially(key)
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

/** Presses a button of a form by its value. */
async function act(page, value) {
  await Promise.all([page.waitForEvent('load'), page.locator(`button[name="do"][value="${value}"]:not([tabindex])`).first().click()])
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
      await page.goto('/edit/release')
      await check(page, `release-empty-${end}`)
      await act(page, 'new:documents')
      await check(page, `release-document-${end}`)
      await act(page, 'preview')
      assert.match(await page.title(), /^Error: /)
      await check(page, `release-document-wrong-${end}`)
      await page.getByLabel('Name', { exact: true }).fill('The release')
      await page.getByLabel('Kind', { exact: true }).selectOption('press_release')
      await act(page, 'preview')
      await check(page, `release-${end}`)
      await act(page, 'new:meetings')
      await page.getByLabel('Name', { exact: true }).fill('The meeting')
      await page.getByLabel('Organization', { exact: true }).fill('Nowhere')
      await act(page, 'preview')
      await check(page, `release-meeting-unclear-${end}`)
      await page.locator('[value="new:organization"]').check()
      await act(page, 'preview')
      await act(page, 'drop:organizations/0')
      assert.match(await page.title(), /^Error: /)
      await check(page, `release-wrong-${end}`)
      await act(page, 'edit:meetings/0')
      await page.getByLabel('Organization', { exact: true }).fill('pitf')
      await act(page, 'preview')
      await act(page, 'preview')
      await check(page, `release-preview-${end}`)
      await page.context().clearCookies()
      await act(page, 'save')
      assert.match(await page.title(), /^Error: Sign in/)
      await check(page, `sign-in-again-${end}`)
      await page.getByLabel('Key', { exact: true }).fill(server.key)
      await press(page, 'Sign in')
      await check(page, `signed-in-again-${end}`)
      await press(page, 'Continue')
      await check(page, `release-continued-${end}`)
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

/** The release of the 2024 meeting, as far as it says so itself. */
function meetingOf2024() {
  const bundle = JSON.parse(readFileSync(new URL('../../records/records.json', import.meta.url), 'utf8'))
  const [document, meeting] = ['src-wirenn-2024', 'pitf-2024-02-13']
  const cites = record => record.sources?.some(source => source.document === document)
  const isElsewhere = (record, at) => {
    const own = (record.sources ?? []).filter(source => source.field === at)
    return own.length > 0 && !own.some(source => source.document === document)
  }
  /** Without what other documents say, and without links to other documents. */
  const own = record => {
    const kept = Object.entries(record).filter(([name]) => !['id', 'sources', 'documents', 'copy_of', 'follows'].includes(name) && !isElsewhere(record, `/${name}`))
    return Object.fromEntries(kept.map(([name, value]) => [name, name === 'participants' ? value.filter((_, index) => !isElsewhere(record, `/participants/${index}`)).map(({ document, ...one }) => one) : value]))
  }
  const all = Object.values(bundle).flat()
  const at = (list, field) => bundle[list].filter(record => cites(record) && record[field] === meeting).map(own)
  return {
    name: (id, types) => (types.flatMap(type => bundle[type]).find(record => record.id === id) ?? all.find(record => record.id === id)).name,
    records: [
      ['documents', bundle.documents.filter(record => record.id === document).map(own)],
      // The release gives only the year.
      ['meetings', bundle.meetings.filter(record => record.id === meeting).map(record => ({ ...own(record), date: '2024' }))],
      ['awards', bundle.awards.map(({ name, kind }) => ({ name, kind }))],
      ['award_recipients', at('award_recipients', 'presented_at')],
      ['council_members', at('council_members', 'announced_at')],
      ['commitments', at('commitments', 'meeting')],
    ],
  }
}

/** Types records into forms, and counts what it takes. */
class Typist {
  fields = 0
  characters = 0
  submits = 0

  constructor(page, name) {
    Object.assign(this, { page, name })
  }

  async submit(value) {
    this.submits++
    await act(this.page, value)
  }

  input(at) {
    return this.page.locator(`[name="${at}"]`)
  }

  async type(at, text) {
    const input = this.input(at)
    if (await input.inputValue() === text) return
    this.fields++
    const tag = await input.evaluate(element => element.localName)
    if (tag === 'select') return input.selectOption(text)
    this.characters += text.length
    await input.fill('')
    await input.focus()
    // Long texts are pasted.
    if (tag === 'textarea') await this.page.keyboard.insertText(text)
    else await input.pressSequentially(text)
  }

  async fill(at, value) {
    if (value === null || value === undefined || value === '') return
    if (Array.isArray(value)) return this.fillList(at, value)
    const isReference = await this.input(`${at}@id`).count() > 0
    if (isReference) {
      const types = value.type ? { person: ['people'], organization: ['organizations'] }[value.type] ?? [] : ['organizations', 'people', 'meetings', 'awards', 'commitments']
      return this.type(at, value.type === 'label' ? value.name : this.name(value.id ?? value, types))
    }
    if (typeof value === 'object') {
      for (const [member, inner] of Object.entries(value)) await this.fill(`${at}/${member}`, inner)
      return
    }
    await this.type(at, String(value))
  }

  async fillList(at, entries) {
    if (entries.length === 0) return
    const add = this.page.locator(`button[value="add:${at}"]`)
    if (await this.page.locator(`[name^="${at}@check-"]`).count() > 0) {
      for (const entry of entries) {
        this.fields++
        await this.page.locator(`[name="${at}@check-${entry}"]`).check()
      }
    } else if (await add.count() === 0) {
      await this.type(at, entries.join('\n'))
    } else {
      for (const [index, entry] of entries.entries()) {
        if (await this.page.locator(`button[value="remove:${at}/${index}"]`).count() === 0) await this.submit(`add:${at}`)
        await this.fill(`${at}/${index}`, entry)
      }
    }
  }

  /** Enters a record. Names that nobody has a record for are added to the release, or stay names. */
  async enter(list, record) {
    await this.submit(`new:${list}`)
    for (const [member, value] of Object.entries(record)) await this.fill(`/${member}`, value)
    await this.submit('preview')
    const unclear = this.page.locator('fieldset.pick')
    if (await unclear.count() > 0) {
      for (const question of await unclear.all()) {
        this.fields++
        const legend = await question.locator('legend').innerText()
        const label = question.locator('[value="label"]')
        const isLabel = JSON.stringify(record).includes(`"type":"label","name":"${legend.match(/“(.*)”/)[1]}"`)
        const added = question.locator('[value^="new:"]')
        if (isLabel) await label.check()
        else if (await added.count() === 1) await added.check()
        else await question.locator(`[value="new:${this.isPerson(legend.match(/“(.*)”/)[1]) ? 'person' : 'organization'}"]`).check()
      }
      await this.submit('preview')
    }
    assert.equal(await this.page.locator('.problem').count(), 0, `${list}: ${await this.page.locator('.problem').allInnerTexts()}`)
    assert.equal(await this.page.locator('h1').innerText(), 'Enter a release', record.name)
  }
}

test('the release of the 2024 meeting is entered into an empty database', async context => {
  const empty = await start('--no-bundled-records')
  context.after(() => empty.stop())
  const bundle = JSON.parse(readFileSync(new URL('../../records/records.json', import.meta.url), 'utf8'))
  const { page, close } = await keeper({ baseURL: empty.base, javaScriptEnabled: false }, empty)
  const release = meetingOf2024()
  const typist = new Typist(page, release.name)
  typist.isPerson = name => bundle.people.some(person => person.name === name)
  const began = Date.now()
  await page.getByRole('link', { name: 'Enter a release' }).click()
  for (const [list, records] of release.records) {
    for (const record of records) await typist.enter(list, record)
  }
  await page.screenshot({ path: `${shots}release-2024.png`, fullPage: true })
  // The draft continues another day.
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the draft' }).click()])
  const draft = readFileSync(await download.path(), 'utf8')
  const count = Object.values(JSON.parse(draft)).flat().length
  await page.goto('/edit/release')
  await page.getByLabel('Draft (JSON)').setInputFiles({ name: 'release.json', mimeType: 'application/json', buffer: Buffer.from(draft) })
  await press(page, 'Upload the draft')
  await typist.submit('preview')
  await page.screenshot({ path: `${shots}release-2024-preview.png`, fullPage: true })
  typist.fields++
  await page.locator('[name="reason"]').pressSequentially('Release on the 2024 meeting')
  await typist.submit('save')
  const seconds = Math.round((Date.now() - began) / 1000)
  assert.match(page.url(), /\/changes/)
  const changes = await (await fetch(`${empty.base}/v1/changes?after=0`)).json()
  assert.deepEqual(changes.data.map(change => change.changes.length), [count])
  const stored = path => fetch(`${empty.base}/v1/${path}?limit=200`).then(answer => answer.json()).then(list => list.data)
  const [meeting] = await stored('meetings')
  const [, [expected]] = release.records[1]
  assert.deepEqual(meeting.participants.map(one => [one.agent.name, one.role, one.credited_as]), expected.participants.map(one => [one.agent.name ?? release.name(one.agent.id, ['people', 'organizations']), one.role, one.credited_as]))
  const commitments = await stored('commitments')
  for (const commitment of release.records[5][1]) {
    const found = commitments.find(one => one.name === commitment.name)
    assert.deepEqual([found.text, found.topics, found.made_on], [commitment.text ?? null, commitment.topics, commitment.made_on])
    assert.equal(found.sources[0].document.name, release.records[0][1][0].name)
  }
  console.log(`${count} records: ${typist.submits} page submits, ${typist.fields} fields with ${typist.characters} characters, ${seconds} s`)
  await close()
})
