/**
 * The journeys of some files.
 *
 * @param files their names, separated by commas, as are the base URLs of the servers
 */
export async function journeysOf(files, bases, open, version) {
  const cases = {};
  for (const file of files.split(',')) {
    const { journeys } = await import(`./${file}.mjs`);
    Object.assign(cases, await journeys(bases.split(','), open, version));
  }
  return cases;
}
