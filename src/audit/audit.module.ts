import { Module } from '@nestjs/common';
import { AuditTrail } from './audit-trail.js';

/** Owns `audit.jsonl` in the state directory: one line for every decision. Listens to all of them, emits nothing. */
@Module({ providers: [AuditTrail] })
export class AuditModule {}
