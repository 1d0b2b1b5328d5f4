import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

/** Writes a page of `docs` that is made by the named script. With --check it only says whether that page is stale. */
export async function writePage(name, script, markdown) {
  const path = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
  const page = await format(markdown, { ...(await resolveConfig(path)), filepath: path });
  if (!process.argv.includes('--check')) return writeFile(path, page);
  if ((await readFile(path, 'utf8').catch(() => '')) === page) return;
  process.stderr.write(`docs/${name} is stale: npm run ${script}\n`);
  process.exitCode = 1;
}
