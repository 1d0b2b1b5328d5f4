import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { ServiceProcess } from '../support/service-process.js';
import { openBrowser, openPage, picture, seriousFindings } from './browser.js';
import { StagedHome, type Played } from './staged-home.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WIDE = { width: 1440, height: 1200 };
const PHONE = { width: 390, height: 844 };

/** A night of one developer. */
const NIGHT: readonly Played[] = [
  {
    agent: 'claude-code',
    scenario: 'usage_limit',
    project: 'checkout-api',
    agoMs: 96 * MINUTE_MS,
    resetInMs: 134 * MINUTE_MS,
  },
  {
    agent: 'claude-code',
    scenario: 'usage_limit',
    project: 'search-index',
    agoMs: 88 * MINUTE_MS,
    resetInMs: 134 * MINUTE_MS,
  },
  {
    agent: 'claude-code',
    scenario: 'usage_limit_weekly',
    project: 'docs-site',
    agoMs: 9 * HOUR_MS,
    resetInMs: 3 * DAY_MS,
  },
  { agent: 'claude-code', scenario: 'billing_error', project: 'data-import', agoMs: 25 * MINUTE_MS },
  { agent: 'claude-code', scenario: 'completed', project: 'mobile-app', agoMs: 3 * HOUR_MS },
  {
    agent: 'codex',
    scenario: 'usage_limit',
    project: 'billing-worker',
    agoMs: 12 * MINUTE_MS,
    resetInMs: 48 * MINUTE_MS,
  },
  { agent: 'codex', scenario: 'completed', project: 'release-notes', agoMs: 5 * HOUR_MS },
  { agent: 'gemini-cli', scenario: 'completed', project: 'translations', agoMs: 7 * HOUR_MS },
];
const SAVES = [2, 3, 1, 0, 4, 6, 2, 3, 5, 0, 1, 7, 4, 3];

jest.setTimeout(120_000);

let home: StagedHome;
let service: ServiceProcess;
let browser: Browser;
let chosen: string | undefined;

beforeAll(async () => {
  home = await StagedHome.create();
  const [first] = await Promise.all(NIGHT.map((played) => home.play(played)));
  chosen = first;
  await home.haveSaved(SAVES);
  [service, browser] = await Promise.all([home.startService({}, 5 * MINUTE_MS), openBrowser()]);
  await service.post('/api/v1/sessions', { agent: 'claude-code', cwd: home.cwd, prompt: 'be slow' });
  await service.until('/api/v1/status', (status) => JSON.stringify(status).includes('"parked":1'));
});
afterAll(async () => {
  await browser.close();
  await service.stop();
  await home.dispose();
});

describe.each([
  { name: 'light', colorScheme: 'light', viewport: WIDE },
  { name: 'dark', colorScheme: 'dark', viewport: WIDE },
  { name: 'phone', colorScheme: 'light', viewport: PHONE },
  { name: 'phone-dark', colorScheme: 'dark', viewport: PHONE },
] as const)('the page, $name', ({ name, colorScheme, viewport }) => {
  it('is accessible, complains of nothing and asks nobody else', async () => {
    const { page, complaints, strangers } = await openPage(browser, service.url, { colorScheme, viewport });
    await page.locator('tbody tr[data-session]').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    if (viewport === PHONE) await picture(page, `dashboard-${name}`, true);
    const accounts = page.getByRole('region', { name: 'Accounts' });
    expect(await accounts.innerText()).toMatch(/claude-code/);
    expect(await accounts.innerText()).toMatch(/codex/);
    await page.goto(`${service.url}/#/session/${chosen}`);
    await page.locator('.steps').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await picture(
      page,
      viewport === PHONE ? `dashboard-${name}-episode` : `dashboard-${name}`,
      viewport === PHONE,
    );
    expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] });
    await page.context().close();
  });

  it('scrolls down only', async () => {
    const { page } = await openPage(browser, service.url, { colorScheme, viewport });
    await page.locator('tbody tr[data-session]').first().waitFor();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBe(viewport.width);
    await page.context().close();
  });
});
