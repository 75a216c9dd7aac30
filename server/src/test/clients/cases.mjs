import { inspect } from 'node:util';

const PATIENCE_MS = 90_000;

/**
 * Runs the cases side by side, prints one line of JSON for each, and ends the process: with 1 when one failed,
 * after saying why on the standard error.
 *
 * @param cases a function by the claim it checks
 * @param atOnce how many of them run at once
 */
export async function run(cases, atOnce = Infinity) {
  const waiting = Object.entries(cases);
  const results = [];
  async function next() {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      results.push(await runOne(...one));
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, next));
  const failed = results.filter(result => result.failure !== undefined);
  for (const { claim, failure } of failed) {
    const cause = failure.cause === undefined ? '' : `\ncaused by ${failure.cause}`;
    console.error(`\nFAILED: ${claim}\n${failure.stack ?? inspect(failure)}${cause}`);
  }
  console.error(`\n${results.length - failed.length} of ${results.length} cases passed`);
  process.exit(failed.length === 0 ? 0 : 1);
}

async function runOne(claim, check) {
  const start = performance.now();
  let failure;
  try {
    await within(PATIENCE_MS, check());
  } catch (thrown) {
    failure = thrown ?? new Error('something undefined was thrown');
  }
  const ms = Math.round(performance.now() - start);
  console.log(JSON.stringify({ case: claim, ok: failure === undefined, ms }));
  return { claim, failure };
}

async function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The arguments of the program, or a usage line and exit 2. */
export function args(...names) {
  const values = process.argv.slice(2);
  if (values.length !== names.length) {
    console.error(`usage: node ${process.argv[1]} ${names.map(name => `<${name}>`).join(' ')}`);
    process.exit(2);
  }
  return values.map(value => value.replace(/\/$/, ''));
}

/** Asks until `done` holds of the answer. */
export async function until(ask, done, ms = 30_000) {
  const deadline = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (done(answer)) {
      return answer;
    }
    if (performance.now() > deadline) {
      throw new Error(`not so after ${ms} ms: ${inspect(answer, { depth: 5 })}`);
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
