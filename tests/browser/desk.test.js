// Forms of record keepers in a browser: without barriers, narrow and wide, with and without errors and scripts.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { act, check, launch, press, signIn } from './keeper.js'
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

const keeper = (options = {}, at = server) => signIn(browser, at, options)

for (const colorScheme of ['light', 'dark']) {
  for (const width of [320, 1280]) {
    test(`every form, ${colorScheme}, ${width} wide`, async () => {
      const key = server.adminKey()
      const { page, close } = await keeper({ colorScheme, viewport: { width, height: 900 } }, { ...server, key })
      const end = `${colorScheme}-${width}`
      await check(page, `desk-${end}`)
      for (const path of ['organizations', 'people', 'documents', 'awards', 'meetings', 'council-members', 'award-recipients', 'commitments', 'progress-updates']) {
        await page.goto(`/edit/${path}`)
        await check(page, `add-${path}-${end}`)
        for (const add of await page.locator('button[value^="add:"]').all()) await page.locator(`[name="${(await add.getAttribute('value')).slice(4)}@more"]`).fill('1\nNowhere')
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
      await page.getByLabel('Key', { exact: true }).fill(key)
      await press(page, 'Sign in')
      await check(page, `signed-in-again-${end}`)
      await press(page, 'Continue')
      await check(page, `release-continued-${end}`)
      await checkActions(page, end)
      await checkImport(page, end)
      await page.goto('/sign-out')
      await check(page, `sign-out-${end}`)
      await press(page, 'Sign out')
      await page.goto('/edit')
      await check(page, `sign-in-${end}`)
      await page.getByLabel('Key', { exact: true }).fill('tfk_a_b_c')
      await press(page, 'Sign in')
      assert.match(await page.title(), /^Error: Sign in/)
      await check(page, `sign-in-wrong-${end}`)
      await close()
    })
  }
}

/** Checks the pages for deleting, restoring, merging and redacting, and those of a conflict. */
async function checkActions(page, end) {
  await page.goto('/edit/organizations/labor/delete')
  assert.match(await page.title(), /^Error: /)
  await check(page, `delete-wrong-${end}`)
  await page.goto('/edit/commitments/c-2024-state-p2p/delete')
  await check(page, `delete-${end}`)
  await page.goto('/edit/organizations/labor/restore?revision=1')
  await check(page, `restore-${end}`)
  await page.goto('/edit/organizations/labor/merge')
  await check(page, `merge-${end}`)
  await page.getByLabel('Merge into').fill('Department')
  await press(page, 'Show what will happen')
  await check(page, `merge-wrong-${end}`)
  await page.getByLabel('Merge into').fill('usaid')
  await press(page, 'Show what will happen')
  await check(page, `merge-preview-${end}`)
  await page.goto('/edit/organizations/labor/redact')
  await check(page, `redact-${end}`)
  await page.getByLabel(/^Website/).check()
  await press(page, 'Show what will happen')
  assert.match(await page.title(), /^Error: /)
  await check(page, `redact-wrong-${end}`)
  await page.getByLabel('Reason', { exact: true }).fill('Published by mistake')
  await press(page, 'Show what will happen')
  await check(page, `redact-preview-${end}`)
  await page.goto('/edit/organizations/justice')
  const { revision } = await (await fetch(`${server.base}/v1/organizations/justice`)).json()
  await server.patch('/organizations/justice', revision, { note: `Theirs, ${end}.` }, 'Another change')
  await page.getByLabel('Note (optional)').last().fill('Mine.')
  await press(page, 'Preview the changes')
  assert.equal(await page.locator('.conflict').count(), 1)
  await check(page, `conflict-${end}`)
}

/** Checks the pages of an import with and without errors. */
async function checkImport(page, end) {
  const upload = async text => {
    await page.getByLabel('Kind of records').selectOption('organizations')
    await page.getByLabel('File (CSV, UTF-8)').setInputFiles({ name: 't.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    await press(page, 'Preview the changes')
  }
  await page.goto('/edit/import')
  await check(page, `import-${end}`)
  await press(page, 'Preview the changes')
  assert.match(await page.title(), /^Error: /)
  await check(page, `import-empty-${end}`)
  await upload('id,kind\nlabor,dept\n')
  assert.match(await page.title(), /^Error: /)
  await check(page, `import-wrong-${end}`)
  await upload('id,summary\nlabor,A summary\n')
  await check(page, `import-preview-${end}`)
  await page.getByLabel('Reason (optional)').fill('x'.repeat(501))
  await press(page, 'Import')
  assert.match(await page.title(), /^Error: /)
  await check(page, `import-reason-wrong-${end}`)
}

for (const javaScriptEnabled of [true, false]) {
  test(`a commitment is entered, corrected and saved ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
    const { page, close } = await keeper({ javaScriptEnabled })
    const name = `Train ${javaScriptEnabled ? 'new' : 'all'} officers`
    await page.getByRole('link', { name: 'Add a commitment' }).click()
    await page.getByLabel('Name', { exact: true }).pressSequentially(name)
    await page.getByLabel('Due date (optional)').pressSequentially('2/13/2030')
    await page.getByLabel('Departments to add').pressSequentially('homeland\nDepartment of Labor')
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
    assert.deepEqual([record.due, record.departments.map(one => one.id), record.sources[0].document.id], ['2030-02-13', ['homeland-security', 'labor'], 'src-wirenn-2024'])
    await close()
  })
}
