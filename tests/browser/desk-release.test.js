// A release is entered into an empty database by typing alone, and compared with the bundled records.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { act, launch, press, shots, signIn } from './keeper.js'
import { start } from './server.js'

const RELEASE = 'src-wirenn-2024'

const bundle = JSON.parse(readFileSync(new URL('../../records/records.json', import.meta.url), 'utf8'))
const byId = new Map(Object.values(bundle).flat().map(record => [record.id, record]))
const typeOf = id => Object.keys(bundle).find(list => Array.isArray(bundle[list]) && bundle[list].some(record => record.id === id))

/** The order in which records are entered: those that others refer to come first. */
const LISTS = ['documents', 'organizations', 'people', 'awards', 'meetings', 'council_members', 'award_recipients', 'commitments', 'progress_updates']

/** The member that a line for a new entry fills in. */
const LEAD = { sources: 'document', documents: 'document', participants: 'agent', positions: 'title', figures: 'value', places: 'name' }

/** Returns whether other documents, but not the release, support a field. */
function isElsewhere({ sources = [] }, at) {
  const own = sources.filter(source => source.field === at)
  return own.length > 0 && !own.some(source => source.document === RELEASE)
}

/** Returns the part of a record that the release supports. */
function supported(record) {
  const { id, ...rest } = record
  const sources = (record.sources ?? []).filter(source => source.document === RELEASE)
  const isWhole = id === RELEASE || sources.some(source => !source.field)
  const isOwn = name => isWhole ? !isElsewhere(record, `/${name}`) : name === 'name' || sources.some(source => source.field === `/${name}`)
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => name !== 'sources' && isOwn(name)))
  if (own.documents) own.documents = own.documents.filter(({ document }) => !record.sources.some(source => source.document === document))
  if (sources.length > 0) own.sources = sources
  if (own.participants) {
    const kept = own.participants.map((_, index) => index).filter(index => !isElsewhere(record, `/participants/${index}`))
    own.participants = kept.map(index => own.participants[index])
    const moved = field => field.replace(/^\/participants\/(\d+)/, (_, index) => `/participants/${kept.indexOf(Number(index))}`)
    own.sources = own.sources.map(source => source.field ? { ...source, field: moved(source.field) } : source)
  }
  return own
}

/** Returns the ids that a value refers to. */
function references(value) {
  if (typeof value === 'string') return byId.has(value) ? [value] : []
  return Object.values(value ?? {}).flatMap(references)
}

/** The release itself and every record that cites it, by type, as far as it supports them. */
const records = LISTS.map(list => [list, bundle[list].filter(record => record.id === RELEASE || record.sources?.some(source => source.document === RELEASE))])
  // The document comes first: the others cite it.
  .map(([list, found]) => [list, found.sort((one, other) => (other.id === RELEASE) - (one.id === RELEASE)).map(record => ({ id: record.id, own: supported(record) }))])

/** Returns the text by which a record is found: its name, or its id if several have that name. */
function textFor(id) {
  const { name } = byId.get(id)
  return bundle[typeOf(id)].filter(record => record.name === name).length > 1 ? id : name
}

/** Returns whether a stored value is the bundled one. References are compared by their names, and sets without their order. */
function isSame(expected, stored, field) {
  if (field === 'pillars') return isSame([...expected].sort(), [...stored].sort())
  if (typeof expected === 'string' && stored?.id) return [stored.name, stored.id].includes(textFor(expected))
  if (Array.isArray(expected)) return expected.length === stored?.length && expected.every((value, index) => isSame(value, stored[index]))
  if (expected?.type === 'label') return expected.type === stored?.type && expected.name === stored.name
  if (expected?.type) return expected.type === stored?.type && isSame(expected.id, stored)
  if (typeof expected === 'object') return Object.entries(expected).every(([name, value]) => isSame(value, stored?.[name], name))
  return expected === stored
}

/** Types records into forms, and counts what it takes. */
class Typist {
  fields = 0
  characters = 0
  submits = 0

  constructor(page) {
    this.page = page
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

  /** Returns the text for a reference, a label or another value. */
  textOf(value) {
    if (value.type === 'label') return value.name
    return byId.has(value.id ?? value) ? textFor(value.id ?? value) : String(value)
  }

  async fill(at, value) {
    if (Array.isArray(value)) return this.fillList(at, value)
    if (typeof value !== 'object' || value.type) return this.type(at, this.textOf(value))
    for (const [member, inner] of Object.entries(value)) await this.fill(`${at}/${member}`, inner)
  }

  async fillList(at, entries) {
    if (await this.page.locator(`[name^="${at}@check-"]`).count() > 0) {
      for (const entry of entries) {
        this.fields++
        await this.page.locator(`[name="${at}@check-${entry}"]`).check()
      }
    } else if (await this.input(`${at}@more`).count() === 0) {
      await this.type(at, entries.join('\n'))
    } else {
      const known = await this.page.locator(`button[value^="remove:${at}/"]`).count()
      const lead = entry => this.textOf(entry[LEAD[at.slice(1)]] ?? entry)
      const added = entries.slice(known).map(lead)
      if (added.length > 0) await this.type(`${at}@more`, added.join('\n'))
    }
  }

  /** Types a record. Lists of objects take one more submit, which opens all of their fields. */
  async write(record) {
    for (const [member, value] of Object.entries(record)) await this.fill(`/${member}`, value)
    const objects = Object.entries(record).filter(([member]) => LEAD[member])
    const isOpen = async ([member, entries]) => await this.page.locator(`button[value^="remove:/${member}/"]`).count() === entries.length
    const open = await Promise.all(objects.map(isOpen))
    if (open.includes(false)) await this.submit(`add:/${objects[open.indexOf(false)][0]}`)
    for (const [member, entries] of objects) {
      for (const [index, entry] of entries.entries()) await this.fill(`/${member}/${index}`, entry)
    }
  }

  /** Keeps a record in the release. Names that nobody has a record for are added to the release, or stay names. */
  async keep(record, button = 'preview') {
    await this.submit(button)
    const questions = await this.page.locator('fieldset.pick').all()
    for (const question of questions) {
      this.fields++
      const [, name] = (await question.locator('legend').innerText()).match(/“(.*)”/)
      const added = question.locator('[value^="new:"]')
      const kind = bundle.people.some(person => person.name === name) ? 'person' : 'organization'
      if (JSON.stringify(record).includes(`"type":"label","name":"${name}"`)) await question.locator('[value="label"]').check()
      else await (await added.count() === 1 ? added : question.locator(`[value="new:${kind}"]`)).check()
    }
    if (questions.length > 0) await this.submit(button)
    assert.equal(await this.page.locator('.problem').count(), 0, `${await this.page.locator('.problem').allInnerTexts()}`)
    assert.match(await this.page.getByRole('status').innerText(), /is in the release/, JSON.stringify(record))
  }

  /** Enters records of a type, with an id for those whose name is not enough to find them. */
  async enter(list, records) {
    await this.submit(`new:${list}`)
    for (const [index, { id, own }] of records.entries()) {
      await this.write(textFor(id) === id ? { id, ...own } : own)
      await this.keep(own, index + 1 < records.length ? 'again' : 'preview')
    }
  }
}

test('the release of the 2024 meeting is entered into an empty database', async context => {
  const empty = await start('--no-bundled-records')
  context.after(() => empty.stop())
  const browser = await launch()
  context.after(() => browser.close())
  const { page } = await signIn(browser, empty, { javaScriptEnabled: false })
  const typist = new Typist(page)
  const own = records.flatMap(([, list]) => list)
  assert.equal(own.length, 34)
  // Of records that are only referred to, most need nothing but a name. Documents also need a kind.
  const known = new Set(own.map(record => record.id))
  const others = [...new Set(own.flatMap(record => references(record.own)))].filter(id => !known.has(id))
  const documents = others.filter(id => typeOf(id) === 'documents')
  const began = Date.now()
  await page.getByRole('link', { name: 'Enter a release' }).click()
  for (const [list, found] of records) {
    const known = found.map(({ id, own: { copy_of, ...own } }) => ({ id, own }))
    if (list === 'documents') known.splice(1, 0, ...documents.map(id => ({ id, own: { name: byId.get(id).name, kind: byId.get(id).kind } })))
    await typist.enter(list, known)
    if (list === 'documents') {
      // The release is a copy of another document, which cites it.
      await typist.submit('edit:documents/0')
      await typist.fill('/copy_of', found[0].own.copy_of)
      await typist.keep({})
    }
  }
  await page.screenshot({ path: `${shots}release-2024.png`, fullPage: true })
  // The draft continues another day.
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the draft' }).click()])
  const draft = readFileSync(await download.path(), 'utf8')
  const count = Object.values(JSON.parse(draft)).flat().length
  assert.equal(count, own.length + others.length)
  await page.goto('/edit/release')
  await page.getByLabel('Draft (JSON)').setInputFiles({ name: 'release.json', mimeType: 'application/json', buffer: Buffer.from(draft) })
  await press(page, 'Upload the draft')
  await typist.submit('preview')
  await page.screenshot({ path: `${shots}release-2024-preview.png`, fullPage: true })
  await typist.type('reason', 'Release on the 2024 meeting')
  await typist.submit('save')
  const seconds = Math.round((Date.now() - began) / 1000)
  assert.match(page.url(), /\/changes/)
  const changes = await (await fetch(`${empty.base}/v1/changes?after=0`)).json()
  assert.deepEqual(changes.data.map(change => change.changes.length), [count])
  let values = 0
  for (const [list, found] of records) {
    const { data: stored } = await (await fetch(`${empty.base}/v1/${list.replace('_', '-')}?limit=200`)).json()
    for (const { id, own } of found) {
      values += Object.keys(own).length
      const same = stored.filter(record => isSame(own, record))
      const named = stored.filter(record => !own.name || record.name === own.name)
      assert.equal(same.length, 1, `${id}: ${JSON.stringify(own)} is not ${JSON.stringify(named)}`)
    }
  }
  console.log(`${own.length} records that are or cite the release, with ${values} values, and ${others.length} that they refer to (${others.join(', ')}): ${typist.submits} page submits, ${typist.fields} fields with ${typist.characters} characters, ${seconds} s`)
})
