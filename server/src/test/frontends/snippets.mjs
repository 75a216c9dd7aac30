import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..', '..', '..');
const FENCE = /^```(\w+) (\S+)\n(.*?)^```$/gms;

/** The files that a document shows, by their names: blocks of code whose fence names one. */
export function snippets(...documents) {
  const files = {};
  for (const document of documents) {
    for (const [, , name, text] of readFileSync(join(ROOT, document), 'utf8').matchAll(FENCE)) {
      if (name in files) {
        throw new Error(`${name} is shown twice`);
      }
      files[name] = text;
    }
  }
  return files;
}

/** The lines of the README for a page. */
export function readmeLines() {
  const [, lines] = readFileSync(join(ROOT, 'README.md'), 'utf8').match(/^```tsx\n(.*?)^```$/ms);
  return lines;
}

/** Writes an application of these files, in a folder of its own that ends with this process. */
export function application(name, files) {
  const folder = join(HERE, 'apps', `${name}-${process.pid}`);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}
