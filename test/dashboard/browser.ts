import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const ARTIFACTS = fileURLToPath(new URL('../../.ci/artifacts', import.meta.url));
/** Nothing of the browser's own may ask for anything either. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-sandbox',
];

/** Routes the page can do without; a browser tells of each answer that is an error. */
const MAY_BE_MISSING = /\/api\/v1\/accounts$/;

/** A page with everything noted that it should not do. */
export interface Watched {
  page: Page;
  /** What the console said as an error or a warning, and what nobody caught. */
  complaints: string[];
  /** Addresses outside of the service that were asked for. */
  strangers: string[];
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: QUIET });
}

/** Opens the dashboard of a service. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options });
  const page = await context.newPage();
  const watched: Watched = { page, complaints: [], strangers: [] };
  page.on('console', (message) => {
    const isMissing = MAY_BE_MISSING.test(message.location().url) && message.text().includes('404');
    if (['error', 'warning'].includes(message.type()) && !isMissing) watched.complaints.push(message.text());
  });
  page.on('pageerror', (error) => watched.complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) watched.strangers.push(request.url());
  });
  await page.goto(`${url}/`);
  return watched;
}

/** What axe finds that is serious or worse, with the elements it means. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Past the policy of the page, which lets in no script but its own.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const results = await page.evaluate<AxeResults>('axe.run()');
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${String(target)}: ${failureSummary}`),
    );
}

/** Keeps a picture of the page for people to look at; returns where. */
export async function picture(page: Page, name: string, isWhole = false): Promise<string> {
  await mkdir(ARTIFACTS, { recursive: true });
  const path = join(ARTIFACTS, `${name}.png`);
  await page.screenshot({ path, fullPage: isWhole, animations: 'disabled' });
  return path;
}
