// Compiles each piece of a page that the documents show.

import { spawnSync } from 'node:child_process';
import { assistant } from './assistant.mjs';
import { readme } from './readme.mjs';
import { application, snippets } from './snippets.mjs';

const compilerOptions = {
  target: 'es2023',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2023', 'dom', 'dom.iterable'],
  jsx: 'react-jsx',
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
};
const files = snippets('docs/frontends.md', 'docs/api/chat-stream.md');
const folder = application('types', {
  ...files,
  ...assistant(files),
  ...readme(),
  'tsconfig.json': JSON.stringify({ compilerOptions }),
});
const { status } = spawnSync(process.execPath, ['../../node_modules/typescript/bin/tsc'], { cwd: folder, stdio: 'inherit' });
process.exit(status);
