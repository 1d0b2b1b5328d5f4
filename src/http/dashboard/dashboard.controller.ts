import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Controller, Get, NotFoundException, Param, Res } from '@nestjs/common';
import type { Response } from 'express';

const packageRoot = (name: string): string => dirname(findPackageJSON(name, import.meta.url) ?? name);

/** What a path below `/dashboard` may begin with, and the folder each of them stands for. */
const FOLDERS = new Map([
  ['page', fileURLToPath(new URL('page/', import.meta.url))],
  ['lit-html', packageRoot('lit-html')],
  ['eventsource-parser', packageRoot('eventsource-parser')],
]);
const SERVED = /\.(?:js|css|svg)$/;

/** Everything comes from here, nothing runs that is written into the page, and nobody frames it. */
const POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

@Controller()
export class DashboardController {
  @Get()
  page(@Res() response: Response): Promise<void> {
    return send(response, 'page', 'index.html');
  }

  @Get('dashboard/*path')
  async file(@Param('path') path: readonly string[], @Res() response: Response): Promise<void> {
    const [folder = '', ...rest] = path;
    const file = rest.join('/');
    if (!SERVED.test(file)) throw new NotFoundException(`the dashboard has no file "${path.join('/')}"`);
    await send(response, folder, file);
  }
}

/** Express answers an ETag it knows with 304, and a path that leads out of the folder not at all. */
async function send(response: Response, folder: string, file: string): Promise<void> {
  const root = FOLDERS.get(folder);
  if (root === undefined) throw new NotFoundException(`the dashboard has no folder "${folder}"`);
  await new Promise<void>((resolve, reject) => {
    response.sendFile(file, { root, headers: HEADERS, cacheControl: false }, (error?: Error) => {
      if (error === undefined || response.headersSent) resolve();
      else reject(new NotFoundException(`the dashboard has no file "${folder}/${file}"`));
    });
  });
}
