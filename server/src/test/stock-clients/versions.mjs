// The chat of one version of `ai`, and what one does with it: files of journeys. Lists have commas.

import { args, run } from '../clients/cases.mjs';
import { chatPages } from './chat-page.mjs';
import { journeysOf } from './files.mjs';

const [files, version, bases] = args('files of journeys', 'package', 'base URLs of the servers');

await run(await journeysOf(files, bases, await chatPages(version), version));
