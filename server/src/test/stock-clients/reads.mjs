// What the chat of one version of `ai` makes of streams. Reads `[{"stream": "data: ...", "stored": [...]}, ...]` and
// prints `[{"read": [...], "stored": [...]}, ...]`: the parts of the answer that the chat holds in the end, and those
// that were stored as JavaScript reads them.

import { text as readAll } from 'node:stream/consumers';
import { args } from '../clients/cases.mjs';
import { User } from './user.mjs';
import { chatPages } from './chat-page.mjs';

const [version] = args('package');
const open = await chatPages(version);

async function parts(stream) {
  const page = open({ user: new User('http://nowhere.invalid', 'none'), chatId: 'c' });
  page.answerWith(new Response(stream, { headers: { 'content-type': 'text/event-stream' } }));
  await page.send('what is called?');
  return page.messages[1].parts;
}

const read = [];
for (const { stream, stored } of JSON.parse(await readAll(process.stdin))) {
  read.push({ read: await parts(stream), stored });
}
console.log(JSON.stringify(read));
