// Starts the program on a free port, with a new database.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'target/debug/taskforce')

/** Starts a server with the bundled records and these options. */
export async function start(...options) {
  const folder = mkdtempSync(join(tmpdir(), 'taskforce-browser-'))
  const database = ['--database-url', `sqlite:${join(folder, 'record.db')}`]
  const child = spawn(program, ['serve', '--listen', '127.0.0.1:0', ...database, ...options], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, RUST_LOG: 'warn' } })
  const base = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', line => line.match(/http:\/\/\S+/) && resolve(line.match(/http:\/\/[^\s/]+/)[0]))
    child.on('exit', code => reject(new Error(`the server ended with ${code}`)))
  })
  const key = spawnSync(program, ['keys', 'create', '--name', 'a test', '--scope', 'write', ...database]).stdout.toString().trim()
  return {
    base,
    key,
    /** Changes a record, for a reason. */
    async patch(path, revision, patch, reason) {
      const answer = await fetch(`${base}/v1${path}`, {
        method: 'PATCH',
        body: JSON.stringify(patch),
        headers: {
          'Authorization': `Bearer ${key}`,
          'Content-Type': 'application/merge-patch+json',
          'If-Match': `"${revision}"`,
          'Change-Reason': reason,
          'Change-Kind': 'correction',
        },
      })
      if (!answer.ok) throw new Error(await answer.text())
    },
    stop() {
      child.removeAllListeners('exit')
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
