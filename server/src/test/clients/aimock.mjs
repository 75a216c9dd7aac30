// An OpenAI-compatible provider that is not ours: aimock, with the answers that `provider.mjs` asks for. Prints
// its base URL as one line of JSON, and ends when its standard input does, so that it never outlives its parent.

import { LLMock } from '@copilotkit/aimock';
import { ANSWERS } from './answers.mjs';

const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent', strict: true });
for (const [word, { response, ...physics }] of Object.entries(ANSWERS)) {
  mock.onMessage(new RegExp(`^${word}\\b`), response, physics);
}
await mock.start();
console.log(JSON.stringify({ url: mock.url }));

process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();
