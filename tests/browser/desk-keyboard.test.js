// Record keeping with the keyboard alone and without scripts: no click, no focus from the test.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from './keeper.js'
import { start } from './server.js'

let server, browser

before(async () => {
  server = await start()
  browser = await launch()
})

after(async () => {
  await browser?.close()
  server?.stop()
})

/** Runs a step of a test, and names it if it fails. */
async function step(name, work) {
  try {
    await work()
  } catch (error) {
    error.message = `${name}: ${error.message}`
    throw error
  }
}

/** A person with a keyboard. Each stop must be visible, and come after the one before it. */
class Keyboard {
  stops = 0

  constructor(page) {
    this.page = page
  }

  /** Returns the element with the focus. */
  focused() {
    return this.page.evaluate(() => {
      const element = document.activeElement
      const { top, bottom, width } = element.getBoundingClientRect()
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return {
        tag: element.localName,
        id: element.id,
        kind: element.className,
        name: (element.labels?.[0]?.textContent ?? element.getAttribute('aria-label') ?? element.textContent).trim(),
        outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth),
        isSeen: width > 0 && bottom > 0 && top < innerHeight,
        order: [...document.querySelectorAll('*')].indexOf(element),
        top: top + scrollY,
        bottom: bottom + scrollY,
      }
    })
  }

  async tab(key = 'Tab') {
    const from = await this.focused()
    await this.page.keyboard.press(key)
    const at = await this.focused()
    this.stops++
    if (at.tag === 'body') return at
    const place = `${this.page.url()}: ${at.tag} ${at.name.slice(0, 50)}`
    assert.ok(at.outline > 0, `the focus is invisible at ${place}`)
    assert.ok(at.isSeen, `the focus is outside of the window at ${place}`)
    if (from.tag !== 'body' && at.id !== from.id) {
      const [one, next] = key === 'Tab' ? [from, at] : [at, from]
      assert.ok(next.order > one.order && next.bottom > one.top, `${place} comes out of order, after ${from.name}`)
    }
    return at
  }

  /** Presses Tab until an element with this name has the focus. */
  async to(name, key = 'Tab') {
    const passed = []
    for (let presses = 0; presses < 400; presses++) {
      const at = await this.tab(key)
      if (typeof name === 'string' ? at.name === name : name.test(at.name)) return at
      passed.push(at.name.slice(0, 40))
    }
    assert.fail(`no Tab leads to ${name} on ${this.page.url()}: ${passed.join(' | ')}`)
  }

  /** Replaces the text of the field with the focus. */
  async type(text) {
    await this.page.keyboard.press('Control+A')
    await this.page.keyboard.type(text)
  }

  async enter() {
    await Promise.all([this.page.waitForEvent('load'), this.page.keyboard.press('Enter')])
  }

  async open(name) {
    await this.to(name)
    await this.enter()
  }

  async field(name, text) {
    await this.to(name)
    await this.type(text)
  }

  /** Chooses the option of a select that begins with these letters. */
  async choose(name, letters) {
    const { id } = await this.to(name)
    await this.page.keyboard.type(letters)
    const chosen = await this.page.locator(`#${id} option:checked`).innerText()
    assert.ok(chosen.startsWith(letters), `${chosen} is chosen instead of ${letters}`)
  }
}

test('by keyboard alone and without scripts, records are entered, corrected, deleted, merged, redacted and imported', async context => {
  const window = await browser.newContext({ baseURL: server.base, viewport: { width: 1280, height: 900 }, javaScriptEnabled: false, reducedMotion: 'reduce' })
  context.after(() => window.close())
  const page = await window.newPage()
  const keys = new Keyboard(page)
  const read = async path => (await fetch(`${server.base}/v1${path}`)).json()
  await page.goto('/edit')
  await keys.field('Key', server.adminKey())
  await keys.enter()

  await step('a release is entered', async () => {
    await keys.open('Enter a release')
    await keys.open('Add a document')
    await keys.field('Name', 'Keyboard release')
    await keys.choose('Kind', 'Press release')
    await keys.to('Name', 'Shift+Tab')
    await keys.enter()
    await keys.open('Add a meeting')
    await keys.field('Name', 'Keyboard meeting')
    await keys.field('Organization', 'pitf')
    await keys.field('Participants to add', 'Antony Blinken')
    await keys.open('Add participants')
    await keys.to('Name')
    await keys.choose('Role', 'Chair')
    await keys.to('Name', 'Shift+Tab')
    await keys.enter()
    await keys.open('Add a commitment')
    await keys.field('Departments to add', 'Department of Labor\nDOJ')
    await keys.field('Due date (optional)', '2/13/2030')
    await keys.enter()
  })

  await step('after an error, the summary comes first and leads to the fields', async () => {
    assert.match(await page.title(), /^Error: /)
    const summary = await keys.focused()
    assert.ok(summary.kind.includes('problem') && summary.outline > 0, JSON.stringify(summary))
    for (const [link, id, text] of [[/^Name: /, 'f-name', 'Keyboard commitment'], [/^Due date: /, 'f-due', '2030-02-13']]) {
      assert.match((await keys.tab()).name, link)
      await page.keyboard.press('Enter')
      const field = await keys.focused()
      assert.ok(field.id === id && field.isSeen && field.outline > 0, JSON.stringify(field))
      await keys.type(text)
      // Back to the summary for the next link.
      if (id === 'f-name') await keys.to(link, 'Shift+Tab')
    }
    await keys.enter()
  })

  await step('the release is previewed and saved', async () => {
    await keys.open('Preview the release')
    await keys.field('Reason (optional)', 'Typed by keyboard')
    await keys.open('Save the release')
    assert.match(page.url(), /\/changes/)
    const record = await read('/commitments/keyboard-commitment')
    assert.deepEqual([record.due, record.departments.map(one => one.id), record.meeting.name, record.sources[0].document.name], ['2030-02-13', ['labor', 'justice'], 'Keyboard meeting', 'Keyboard release'])
    const meeting = await read('/meetings/keyboard-meeting')
    assert.deepEqual(meeting.participants.map(one => [one.agent.id, one.role]), [['antony-blinken', 'chair']])
  })

  await step('a field is corrected with a source and a reason', async () => {
    await keys.open('Keyboard commitment')
    await keys.open('Edit this commitment')
    await keys.field('Due date (optional)', '2031')
    await keys.enter()
    assert.match(await page.title(), /^Preview: /)
    await keys.field('Source (optional)', 'src-wirenn-2024')
    await keys.field('Reason (optional)', 'The release says so')
    // Enter in a field checks the page and saves nothing.
    await keys.enter()
    assert.match(await page.title(), /^Preview: /)
    assert.equal((await read('/commitments/keyboard-commitment')).due, '2030-02-13')
    await keys.open('Save')
    const record = await read('/commitments/keyboard-commitment')
    assert.deepEqual([record.due, record.sources.at(-1).document.id, record.sources.at(-1).field], ['2031', 'src-wirenn-2024', '/due'])
    const { data: [last] } = await read('/commitments/keyboard-commitment/history')
    assert.equal(last.reason, 'The release says so')
  })

  await step('a record is deleted and restored', async () => {
    await keys.open('Delete')
    await keys.field('Reason (optional)', 'A trial')
    await keys.open('Delete')
    assert.match(page.url(), /\/history$/)
    assert.equal((await fetch(`${server.base}/v1/commitments/keyboard-commitment`)).status, 410)
    await keys.open(/^Restore/)
    await keys.open('Restore')
    assert.equal((await fetch(`${server.base}/v1/commitments/keyboard-commitment`)).status, 200)
  })

  await step('a record is merged', async () => {
    await keys.open('Record keeping')
    await keys.open('Add an organization')
    await keys.field('Name', 'Department of Labour')
    await keys.enter()
    await keys.open('Save')
    await keys.open('Merge')
    await keys.field('Merge into', 'Department of Labor')
    await keys.open('Show what will happen')
    await keys.open('Merge')
    assert.match(page.url(), /\/organizations\/labor$/)
    assert.ok((await read('/organizations/labor')).other_names.includes('Department of Labour'))
  })

  await step('a value is redacted', async () => {
    await keys.open('Redact')
    await keys.to(/^Website/)
    await page.keyboard.press('Space')
    await keys.field('Reason', 'A trial')
    await keys.open('Show what will happen')
    await keys.open('Redact')
    assert.equal((await read('/organizations/labor')).website, null)
  })

  await step('a spreadsheet is previewed and imported', async () => {
    await keys.open('Record keeping')
    await keys.open('Import a spreadsheet')
    await keys.choose('Kind of records', 'Organizations')
    await keys.to('File (CSV, UTF-8)')
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')])
    await chooser.setFiles({ name: 't.csv', mimeType: 'text/csv', buffer: Buffer.from('id,summary\nlabor,Imported by keyboard\n') })
    await keys.open('Preview the changes')
    await keys.field('Reason (optional)', 'A trial')
    await keys.open('Import')
    assert.match(page.url(), /\/changes/)
    assert.equal((await read('/organizations/labor')).summary, 'Imported by keyboard')
    await keys.open('Sign out')
    assert.equal(await page.getByText('Signed in as').count(), 0)
  })
  console.log(`${keys.stops} stops of the focus`)
})
