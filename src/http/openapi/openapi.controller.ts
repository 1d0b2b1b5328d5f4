import { Controller, Get, Header } from '@nestjs/common';
import type { JsonRecord } from '../../core/json-record.js';
import { ApiRoute } from './api-route.decorator.js';
import { docsPage, STYLE } from './docs-page.js';
import { OpenApiDocument } from './openapi-document.js';
import { TEXT } from './schema.js';

@Controller('api/v1')
export class OpenApiController {
  constructor(private readonly document: OpenApiDocument) {}

  /** For programs; for people there is the page. */
  @ApiRoute({ summary: 'This document', answer: { schema: { type: 'object' } } })
  @Get('openapi.json')
  json(): Promise<JsonRecord> {
    return this.document.get();
  }

  @ApiRoute({ summary: 'This document as a page', answer: { type: 'text/html', schema: TEXT } })
  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  async page(): Promise<string> {
    return docsPage(await this.document.get());
  }

  @ApiRoute({ summary: 'How that page looks', answer: { type: 'text/css', schema: TEXT } })
  @Get('docs/style.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return STYLE;
  }
}
