import { STATUS_CODES } from 'node:http';
import {
  Catch,
  HttpException,
  Logger,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { PalingenesisError, messageOf, type ErrorCode } from '../../core/errors.js';
import { requestIdOf } from '../request-id/request-id.middleware.js';
import { otherMethodsAt } from './other-methods.js';
import { codeOf, STATUS_BY_CODE } from './status-by-code.js';

type Problem = Readonly<{
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  request_id?: string;
  errors?: readonly string[];
}>;

/** Answers every error as `application/problem+json` (RFC 9457). What we did not foresee tells no inner words. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const id = requestIdOf(request);
    const allowed = error instanceof NotFoundException ? otherMethodsAt(request) : [];
    const found = allowed.length > 0 ? notAllowed(request, allowed) : this.#problemOf(error, id);
    const problem = { ...found, ...(id === undefined ? {} : { request_id: id }) };
    if (response.headersSent) return void response.end();
    if (allowed.length > 0) response.setHeader('allow', allowed.join(', '));
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  #problemOf(error: unknown, requestId: string | undefined): Problem {
    if (error instanceof PalingenesisError) {
      const status = STATUS_BY_CODE[error.code];
      return { title: titleOf(status), status, detail: error.message, code: error.code };
    }
    if (error instanceof HttpException) return ofHttp(error);
    if (isClientError(error))
      return {
        title: titleOf(error.status),
        status: error.status,
        detail: error.message,
        code: codeOf(error.status),
      };
    const stack = Error.isError(error) ? error.stack : undefined;
    this.#log.error(`unforeseen, request ${requestId ?? '-'}: ${messageOf(error)}`, stack);
    return {
      title: titleOf(500),
      status: 500,
      detail: 'the service failed; its log says how',
      code: 'internal',
    };
  }
}

function notAllowed({ method, path }: Request, allowed: readonly string[]): Problem {
  const status = STATUS_BY_CODE['method-not-allowed'];
  const detail = `${path} does not take ${method}; it takes ${allowed.join(', ')}`;
  return { title: titleOf(status), status, detail, code: 'method-not-allowed' };
}

function ofHttp(error: HttpException): Problem {
  const status = error.getStatus();
  const errors = validationErrors(error.getResponse());
  const detail = errors.length > 0 ? errors.join('; ') : error.message;
  return {
    title: titleOf(status),
    status,
    detail,
    code: codeOf(status),
    ...(errors.length > 0 ? { errors } : {}),
  };
}

function validationErrors(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null || !('message' in body) || !Array.isArray(body.message))
    return [];
  return body.message.map(String);
}

/** Body parsers throw plain errors that carry their status (`http-errors`). */
function isClientError(error: unknown): error is Error & { status: number } {
  return Error.isError(error) && 'status' in error && typeof error.status === 'number' && error.status < 500;
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
