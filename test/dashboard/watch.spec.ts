import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { isJsonRecord } from '../support/json-lines.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';
import { openBrowser, openPage, picture, seriousFindings, type Watched } from './browser.js';
import { StagedHome } from './staged-home.js';

const STEPS = ['seen', 'classified', 'wait', 'canary', 'resumed', 'progress'];
const HOUR_MS = 3_600_000;

jest.setTimeout(120_000);

let home: StagedHome;
let service: ServiceProcess;
let browser: Browser;
let watched: Watched;
let page: Page;

async function open(settings: Record<string, string> = {}): Promise<void> {
  service = await home.startService(settings);
  watched = await openPage(browser, service.url);
  ({ page } = watched);
}

async function launch(prompt: string): Promise<string> {
  const session = await service.post('/api/v1/sessions', { agent: 'claude-code', cwd: home.cwd, prompt });
  if (!isJsonRecord(session)) throw new Error('the launch was not answered with a session');
  return String(session['id']);
}

const row = (id: string) => page.locator(`tr[data-session="${id}"]`);
const rowIn = (id: string, state: string) => page.locator(`tr[data-session="${id}"][data-state="${state}"]`);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const tile = (name: string) =>
  page.locator('.tile', { has: page.getByRole('heading', { name }) }).locator('.value');

/** Confirms what the page asks. */
async function confirm(name: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await dialog.getByRole('button', { name, exact: true }).click();
}

function secondsIn(countdown: string | null): number {
  return Number(countdown?.replace(':', ''));
}

async function stepStates(): Promise<Record<string, string>> {
  const steps = await page.locator('.steps li').all();
  const states = await Promise.all(steps.map((step) => step.getAttribute('data-step')));
  return Object.fromEntries(STEPS.map((name, index) => [name, states[index] ?? '']));
}

beforeEach(async () => {
  home = await StagedHome.create();
  browser = await openBrowser();
});
afterEach(async () => {
  await browser.close();
  await service.stop();
  await home.dispose();
});

describe('an episode, watched in the page', () => {
  it('goes from the limit to the save, with nobody touching the page', async () => {
    await open();
    await page.getByText('No session yet').waitFor();
    await page.locator('.connection[data-connection="live"]').waitFor();
    const id = await launch('limit-once');
    await rowIn(id, 'waiting').waitFor();
    const countdown = row(id).locator('.countdown');
    const first = await countdown.textContent();
    expect(first).toMatch(/^0\d:\d\d$/);
    const second = await until(
      async () => {
        const now = await countdown.textContent();
        return now === first ? undefined : now;
      },
      { timeoutMs: 5000, failure: () => `It stands at ${first}` },
    );
    expect(secondsIn(second)).toBeLessThan(secondsIn(first));
    await row(id).getByRole('link').click();
    await page.locator('#detail-title:focus').waitFor();
    expect(await stepStates()).toMatchObject({
      seen: 'done',
      classified: 'done',
      wait: 'now',
      resumed: 'ahead',
    });
    await page.locator('.steps li[data-step="done"]', { hasText: 'progress' }).waitFor({ timeout: 60_000 });
    expect(await stepStates()).toMatchObject({ wait: 'done', resumed: 'done', progress: 'done' });
    expect(await page.locator('.trail-state').allTextContents()).toEqual(
      expect.arrayContaining(['detected', 'waiting', 'resuming', 'verifying', 'saved']),
    );
    await page.locator('#announcer', { hasText: 'haiku: completed' }).waitFor({ state: 'attached' });
    expect(await tile('Saves').textContent()).toBe('1');
    await picture(page, 'dashboard-saved');
    expect(await seriousFindings(page)).toEqual([]);
    expect(watched).toMatchObject({ complaints: [], strangers: [] });
  });
});

describe('controls', () => {
  it('pause and go on, after they were confirmed', async () => {
    await open();
    await button('Pause').click();
    await page.keyboard.press('Escape');
    expect(await service.get('/api/v1/status')).toMatchObject({ state: 'running' });
    await page.locator('button:focus', { hasText: 'Pause' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Pause everything?' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await confirm('Pause');
    await page.getByText('Paused.').waitFor();
    expect(await service.get('/api/v1/status')).toMatchObject({ state: 'paused' });
    await button('Go on').click();
    await confirm('Go on');
    await page.getByText('Paused.').waitFor({ state: 'detached' });
    expect(await service.get('/api/v1/status')).toMatchObject({ state: 'running' });
    expect(watched).toMatchObject({ complaints: [], strangers: [] });
  });
});

describe('a service that goes away', () => {
  it('is told, and what was known stays until it is back', async () => {
    const id = await home.play({
      agent: 'claude-code',
      scenario: 'usage_limit',
      project: 'checkout-api',
      agoMs: HOUR_MS,
      resetInMs: 2 * HOUR_MS,
    });
    await open();
    await rowIn(id, 'waiting').waitFor();
    const { port } = new URL(service.url);
    await service.stop();
    await page.getByRole('alert').getByText('The service does not answer.').waitFor({ timeout: 20_000 });
    expect(await row(id).isVisible()).toBe(true);
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'dashboard-offline');
    service = await home.startService({ 'http.port': port });
    await page.getByRole('alert').waitFor({ state: 'detached', timeout: 20_000 });
    await page.locator('.connection[data-connection="live"]').waitFor();
    await rowIn(id, 'waiting').waitFor();
    expect(watched.strangers).toEqual([]);
  });
});

describe('a service that wants a token', () => {
  it('is asked for it once, and what a token does not allow is said where it was tried', async () => {
    await open({ 'http.host': '0.0.0.0' });
    const dialog = page.getByRole('dialog', { name: 'This service wants a token' });
    await dialog.waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'Token' }).fill('a-token-somebody-has-made-up');
    await page.keyboard.press('Enter');
    await dialog.getByText('That is not one of its tokens.').waitFor();
    await page.getByRole('textbox', { name: 'Token' }).fill(await home.token('read'));
    await page.keyboard.press('Enter');
    await page.getByText('No session yet').waitFor();
    await page.locator('.connection[data-connection="live"]').waitFor();
    await page.reload();
    await page.getByText('No session yet').waitFor();
    await button('Pause').click();
    await confirm('Pause');
    await page.getByRole('alert').getByText('this token only reads').waitFor();
    await button('Cancel').click();
    expect(watched.strangers).toEqual([]);
  });
});
