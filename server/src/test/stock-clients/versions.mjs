// The chat of one version of `ai`, and what one does with it: files of journeys. Lists have commas.

import { args, run } from '../clients/cases.mjs';
import { chatPages } from './chat-page.mjs';

const [files, version, bases] = args('files of journeys', 'package', 'base URLs of the servers');
const open = await chatPages(version);
const cases = {};
for (const file of files.split(',')) {
  const { journeys } = await import(`./${file}.mjs`);
  Object.assign(cases, await journeys(bases.split(','), open, version));
}

await run(cases);
