// The page of the documents behind the server that Next is developed with, in a browser.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { args, run } from '../clients/cases.mjs';
import { journeys, visit } from './browsing.mjs';
import { browser, serve } from './processes.mjs';
import { reading } from './reading.mjs';
import { application, snippets } from './snippets.mjs';

const [base, name] = args('base URL of the server', 'another name of the site');

const files = snippets('docs/frontends.md', 'docs/api/chat-stream.md');
const layout = `
  export default function Layout({ children }: { children: React.ReactNode }) {
    return <html><body>{children}</body></html>
  }`;
const folder = application('next', {
  'next.config.ts': files['next.config.ts'],
  'app/layout.tsx': layout,
  'app/chat/[id]/page.tsx': files['app/chat/[id]/page.tsx'],
  'chat.tsx': files['chat.tsx'],
  'sign-in.tsx': files['sign-in.tsx'],
});
const next = '../../node_modules/next/dist/bin/next';
const address = await serve(folder, [next, 'dev', '--port', '0'], { CHATKEEP_URL: base });
// It compiles a page when it is first asked for it.
assert.equal((await fetch(`${address}/chat/none`)).status, 200);
const shown = await browser();

const at = chatId => `${address}/chat/${chatId}`;

/** Clicks until the page asks the server: it is shown before its scripts run. */
async function enter(page) {
  let hasAsked = false;
  page.on('request', request => (hasAsked ||= request.url().endsWith('/api/auth/guest')));
  while (!hasAsked) {
    await page.click('text=Continue as a guest', { timeout: 1_000 }).catch(() => {});
    await page.waitForTimeout(200);
  }
}

/** Asks for the site by a name that only the one who asks knows the address of. */
function askAs(host, path) {
  const headers = { host, origin: `http://${host}` };
  return new Promise((resolve, reject) => {
    http
      .request(new URL(path, address), { method: 'POST', headers }, async response => {
        resolve({ status: response.statusCode, body: JSON.parse(await text(response)) });
      })
      .on('error', reject)
      .end();
  });
}

const cases = {
  ...journeys(shown, at, enter),
  ...reading(address),

  async 'a server component reads the chat by the cookie'() {
    const { context, page } = await visit(shown, at(randomUUID()));
    await enter(page);
    await page.fill('[name=text]', 'hello');
    await page.click('text=Send');
    await page.waitForSelector('article.assistant >> text=You said: hello');
    const whole = await (await context.request.get(page.url())).text();
    assert.match(whole, /<p>You said: hello<\/p>/, 'the page without its scripts');
  },

  async 'a site with another name and a port is known by both'() {
    const { port } = new URL(address);
    const known = await askAs(`${name}:${port}`, '/api/auth/guest');
    assert.deepStrictEqual([known.status, known.body.success], [200, true], JSON.stringify(known.body));
    const unknown = await askAs(`else.example:${port}`, '/api/auth/guest');
    assert.deepStrictEqual([unknown.status, unknown.body.code], [403, 'host_not_allowed']);
  },
};

await run(cases, 4);
