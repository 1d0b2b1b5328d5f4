import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { isJsonRecord } from '../support/json-lines.js';
import type { ServiceProcess } from '../support/service-process.js';
import { openBrowser, openPage, picture, seriousFindings, type Watched } from './browser.js';
import { StagedHome, type Played } from './staged-home.js';

const MINUTE_MS = 60_000;
const LIMITED: Played = {
  agent: 'claude-code',
  scenario: 'usage_limit',
  project: 'checkout-api',
  agoMs: 10 * MINUTE_MS,
  resetInMs: 120 * MINUTE_MS,
};

jest.setTimeout(120_000);

let home: StagedHome;
let service: ServiceProcess;
let browser: Browser;
let watched: Watched;
let page: Page;

async function open(slowMs?: number): Promise<void> {
  service = await home.startService({}, slowMs);
  watched = await openPage(browser, service.url);
  ({ page } = watched);
}

const rowIn = (id: string, state: string) => page.locator(`tr[data-session="${id}"][data-state="${state}"]`);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const detail = () => page.locator('#detail');

/** Chooses what to do with the session that is shown, and confirms it. */
async function act(name: string, question: string): Promise<void> {
  await detail().getByRole('button', { name, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: question });
  await dialog.waitFor();
  await dialog.getByRole('button', { name, exact: true }).click();
}

async function episodeOf(sessionId: string): Promise<unknown> {
  const answer = await service.get(`/api/v1/episodes?session_id=${sessionId}`);
  return isJsonRecord(answer) && Array.isArray(answer['episodes']) ? answer['episodes'][0] : undefined;
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

describe('a session', () => {
  it('is skipped, and left alone', async () => {
    const id = await home.play(LIMITED);
    await open();
    await rowIn(id, 'waiting').getByRole('link').click();
    await detail().getByText('Next: resume 1 of this episode').waitFor();
    await detail().getByText('Changed by').waitFor();
    await picture(page, 'dashboard-explained');
    expect(await seriousFindings(page)).toEqual([]);
    await act('Skip', 'Skip this stop?');
    await detail().locator('.trail-state', { hasText: 'cancelled' }).waitFor();
    expect(await episodeOf(id)).toMatchObject({ state: 'cancelled' });
    expect(watched).toMatchObject({ complaints: [], strangers: [] });
  });

  it('is resumed now, before its time', async () => {
    await open();
    const { id } = (await service.post('/api/v1/sessions', {
      agent: 'claude-code',
      cwd: home.cwd,
      prompt: 'limit-once',
    })) as { id: string };
    await rowIn(id, 'waiting').getByRole('link').click();
    await act('Resume now', 'Resume now?');
    await detail().locator('.trail-state', { hasText: 'saved' }).waitFor({ timeout: 30_000 });
    expect(watched).toMatchObject({ complaints: [], strangers: [] });
  });

  it('that needs somebody is acknowledged, and listed no longer', async () => {
    const id = await home.play({ ...LIMITED, scenario: 'billing_error' });
    await open();
    await page.getByRole('button', { name: /^Needs you/ }).click();
    await rowIn(id, 'parked').getByRole('link').click();
    await act('Acknowledge', 'Acknowledge it?');
    await page.getByText('Nobody needs you').waitFor();
    expect(await episodeOf(id)).toMatchObject({ state: 'cancelled' });
    expect(watched).toMatchObject({ complaints: [], strangers: [] });
  });

  it('with a run of ours is aborted', async () => {
    await open(5 * MINUTE_MS);
    const { id } = (await service.post('/api/v1/sessions', {
      agent: 'claude-code',
      cwd: home.cwd,
      prompt: 'be slow',
    })) as { id: string };
    await rowIn(id, 'working').getByRole('link').click();
    await detail().getByRole('button', { name: 'Abort' }).click();
    await picture(page, 'dashboard-confirm');
    await button('Cancel').click();
    expect(await service.get(`/api/v1/sessions/${id}`)).toMatchObject({ runs: [{ state: 'running' }] });
    await act('Abort', 'Abort the run?');
    await detail().getByRole('button', { name: 'Abort' }).waitFor({ state: 'detached' });
    const { runs } = (await service.get(`/api/v1/sessions/${id}`)) as { runs: unknown[] };
    expect(runs).toMatchObject([{ state: 'ended' }]);
    expect(watched).toMatchObject({ complaints: [], strangers: [] });
  });

  it('that cannot be acted on says why, where it was asked', async () => {
    const id = await home.play(LIMITED);
    await open();
    await rowIn(id, 'waiting').getByRole('link').click();
    await service.post('/api/v1/pause');
    await act('Resume now', 'Resume now?');
    await page.getByRole('alert').getByText('acting is paused').waitFor();
    await page.keyboard.press('Escape');
    await detail().locator('button:focus', { hasText: 'Resume now' }).waitFor();
    expect(watched.strangers).toEqual([]);
  });
});
