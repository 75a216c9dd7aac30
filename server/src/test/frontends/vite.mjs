// The page of the documents behind Vite's own server, in a browser.

import { args, run } from '../clients/cases.mjs';
import { assistant, journeys as assistantJourneys } from './assistant.mjs';
import { journeys } from './browsing.mjs';
import { browser, serve } from './processes.mjs';
import { readme, journeys as readmeJourneys } from './readme.mjs';
import { application, snippets } from './snippets.mjs';

const [version, base] = args('package of Vite', 'base URL of the server');

const files = snippets('docs/frontends.md', 'docs/api/chat-stream.md');
const config = files['vite.config.ts'];
// Version 7 has another compiler, whose plugin is not here.
const olderConfig = config.replace(/^import react.*\n/, '').replace('plugins: [react()]', "esbuild: { jsx: 'automatic' }");
const folder = application(version, {
  'index.html': html('main.tsx'),
  'main.tsx': files['main.tsx'],
  'chat.tsx': files['chat.tsx'],
  'vite.config.ts': version === 'vite' ? config : olderConfig,
  'assistant.html': html('assistant-page.tsx'),
  ...assistant(files),
  'readme.html': html('readme-page.tsx'),
  ...readme(),
});
const address = await serve(folder, [`../../node_modules/${version}/bin/vite.js`, '--port', '0'], { CHATKEEP_URL: base });
const shown = await browser();

const cases = journeys(shown, chatId => `${address}/#${chatId}`);
if (version === 'vite') {
  const assistantAt = (chatId, query = '') => `${address}/assistant.html${query}#${chatId}`;
  const readmeAt = chatId => `${address}/readme.html#${chatId}`;
  Object.assign(cases, assistantJourneys(shown, assistantAt), readmeJourneys(shown, readmeAt));
}
await run(cases, 4);

function html(script) {
  return `<!doctype html><div id="root"></div><script type="module" src="/${script}"></script>`;
}
