// Starts the program on a free port, with a new database.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = process.env.TASKFORCE ?? join(fileURLToPath(new URL('../..', import.meta.url)), 'target/debug/taskforce')

/** Starts a server with the bundled records and these options. */
export async function start(...options) {
  const folder = mkdtempSync(join(tmpdir(), 'taskforce-browser-'))
  const database = ['--database-url', `sqlite:${join(folder, 'record.db')}`]
  const child = spawn(program, ['serve', '--listen', '127.0.0.1:0', ...database, ...options], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, RUST_LOG: 'warn' } })
  const base = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', line => line.match(/http:\/\/\S+/) && resolve(line.match(/http:\/\/[^\s/]+/)[0]))
    child.on('exit', code => reject(new Error(`the server ended with ${code}`)))
  })
  const createKey = scope =>
    spawnSync(program, ['keys', 'create', '--name', 'a test', '--scope', scope, ...database]).stdout.toString().trim()
  const key = createKey('write')
  /** Sends a change with its reason, and returns the response. */
  const change = async (method, path, body, { headers, ...reason }, by = key) => {
    const response = await fetch(`${base}/v1${path}`, {
      method,
      body: body && JSON.stringify(body),
      headers: {
        'Authorization': `Bearer ${by}`,
        'Content-Type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        'Change-Reason': reason.reason,
        ...headers,
      },
    })
    if (!response.ok) throw new Error(await response.text())
    return response
  }
  return {
    base,
    key,
    /** Returns the key of an administrator. */
    adminKey: () => createKey('admin'),
    /** Changes a record, for a reason. */
    patch: (path, revision, patch, reason) =>
      change('PATCH', path, patch, { reason, headers: { 'If-Match': `"${revision}"`, 'Change-Kind': 'correction' } }),
    /** Creates a record and returns its ETag. */
    create: async (path, record) => (await change('POST', path, record, { reason: 'Entered' })).headers.get('etag'),
    /** Deletes a record. */
    remove: (path, etag, reason) => change('DELETE', path, null, { reason, headers: { 'If-Match': etag } }),
    /** Merges a record into another one of its type. */
    merge: (path, etag, into, reason) =>
      change('POST', `${path}/merge`, { into }, { reason, headers: { 'If-Match': etag } }, createKey('admin')),
    stop() {
      child.removeAllListeners('exit')
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
