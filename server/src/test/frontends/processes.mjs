import { spawn } from 'node:child_process';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-breakpad',
];
const START_PATIENCE_MS = 60_000;

// Ends with its parent, whichever way that ends, and takes what it started along.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 500).unref();

/**
 * Starts a server, and waits until it says at which address.
 *
 * @param command the JavaScript file of a program below `node_modules`, and its arguments
 * @returns what it says of its address, such as `http://localhost:3000`
 */
export async function serve(folder, [file, ...args], env = {}) {
  const server = spawn(process.execPath, [file, ...args], {
    cwd: folder,
    detached: true, // it is the first of a group, which can be ended as a whole
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', FORCE_COLOR: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  process.on('exit', () => end(server));
  let said = '';
  return new Promise((resolve, reject) => {
    const fail = why => reject(new Error(`${file} ${why}: ${said}`));
    setTimeout(fail, START_PATIENCE_MS, 'says no address').unref();
    server.on('error', reject).on('exit', code => fail(`ended with ${code}`));
    for (const output of [server.stdout, server.stderr]) {
      output.setEncoding('utf8').on('data', text => {
        said += text;
        const [address] = said.match(/http:\/\/(localhost|127\.0\.0\.1):\d+/) ?? [];
        if (address !== undefined) {
          resolve(address);
        }
      });
    }
  });
}

function end(server) {
  try {
    process.kill(-server.pid, 'SIGKILL');
  } catch {
    // It has ended before.
  }
}

/** A real browser; it ends with this process. */
export function browser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
}
