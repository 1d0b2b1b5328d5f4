import { Module } from '@nestjs/common';
import { AccountProbe, NoAccountProbe } from '../core/ports/account-probe.js';
import { AccountReplan } from './account-replan.js';
import { AccountsService } from './accounts.service.js';
import { EpisodeBook } from './episode-book.js';
import { EpisodeEngine } from './episode-engine.js';
import { LaunchService } from './launch.service.js';
import { LeaseKeeper } from './lease-keeper.js';
import { ResumeAttempt } from './resume-attempt.js';
import { ResumeDispatch } from './resume-dispatch.js';
import { ResumeSpans } from './resume-spans.js';
import { RunService } from './run.service.js';
import { SessionTurns } from './session-turns.js';

/** Owns episodes and our own runs, from the stop to the proof. Emits `episode-changed` and `run-ended`. */
@Module({
  providers: [
    AccountReplan,
    AccountsService,
    { provide: AccountProbe, useClass: NoAccountProbe },
    EpisodeBook,
    EpisodeEngine,
    LaunchService,
    LeaseKeeper,
    ResumeAttempt,
    ResumeDispatch,
    ResumeSpans,
    RunService,
    SessionTurns,
  ],
  exports: [AccountsService, EpisodeEngine, LaunchService],
})
export class ResumeModule {}
