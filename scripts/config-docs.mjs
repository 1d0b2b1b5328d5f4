#!/usr/bin/env node
// Writes docs/configuration.md from config/default.toml. With --check it only says whether that page is stale.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { writePage } from './write-page.mjs';

const DEFAULTS = fileURLToPath(new URL('../config/default.toml', import.meta.url));

const INTRO = `# Configuration

Generated from \`config/default.toml\` by \`npm run docs:config\`; do not edit.

Each source wins over those before it: the defaults below, your file (\`$PALINGENESIS_CONFIG\`, or
\`~/.config/palingenesis/config.toml\`), the environment, flags. \`resume.margin_text_s\` is \`margin_text_s\` below \`[resume]\` in the file,
\`PALINGENESIS_RESUME__MARGIN_TEXT_S\` in the environment, and \`--resume.margin_text_s=90\` as a flag. Options whose name ends in \`_s\` are seconds
(fractions are fine), in \`_h\` hours, in \`_bytes\` bytes. \`palingenesis config show\` says what counts, and where it comes from;
\`palingenesis config validate FILE\` says what is wrong.

`;

/** Sections with their options; what is said of an option stands on the lines before it. */
function sectionsIn(toml) {
  const sections = [];
  let words = [];
  for (const line of toml.split('\n')) {
    const [, name] = /^\[([\w.-]+)\]$/.exec(line) ?? [];
    const [, key, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (name !== undefined) sections.push({ name, options: [] });
    if (key !== undefined) sections.at(-1).options.push({ key, value, words: words.join(' ') });
    words = line.startsWith('# ') ? [...words, line.slice(2)] : [];
  }
  return sections;
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<');
const row = ({ key, value, words }) => `| \`${key}\` | \`${cell(value)}\` | ${cell(words)} |`;
const section = ({ name, options }) =>
  `## ${name}\n\n${['| Option | Default | |', '| --- | --- | --- |', ...options.map(row)].join('\n')}`;

const sections = sectionsIn(await readFile(DEFAULTS, 'utf8'));
await writePage('configuration.md', 'docs:config', INTRO + sections.map(section).join('\n\n'));
