import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AccountProbe, NoAccountProbe } from '../core/ports/account-probe.js';
import { AccountReplan } from './account-replan.js';
import { AccountsService } from './accounts.service.js';
import { EpisodeBook } from './episode-book.js';
import { EpisodeEngine } from './episode-engine.js';
import { LaunchService } from './launch.service.js';
import { LeaseKeeper } from './lease-keeper.js';
import { LiveRuns } from './live-runs.service.js';
import { NextPrompts } from './next-prompt.js';
import { PolicyGuard } from './policy-guard.js';
import { ResumeAttempt } from './resume-attempt.js';
import { ResumeDispatch } from './resume-dispatch.js';
import { ResumeSpans } from './resume-spans.js';
import { ResumeVerdict } from './resume-verdict.js';
import { RunService } from './run.service.js';
import { SessionBackups } from './session-backup.js';
import { SessionStory } from './session-story.js';
import { SessionTurns } from './session-turns.js';
import { STRATEGIES } from './strategies/strategies.js';
import { StrategyCatalog } from './strategies/strategy-catalog.js';
import { StrategyExecutor } from './strategies/strategy-executor.js';

/** Owns episodes and our own runs, from the stop to the proof. Emits `episode-changed` and `run-ended`. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    AccountReplan,
    AccountsService,
    { provide: AccountProbe, useClass: NoAccountProbe },
    EpisodeBook,
    EpisodeEngine,
    LaunchService,
    LeaseKeeper,
    LiveRuns,
    NextPrompts,
    PolicyGuard,
    ResumeAttempt,
    ResumeDispatch,
    ResumeSpans,
    ResumeVerdict,
    RunService,
    SessionBackups,
    SessionStory,
    SessionTurns,
    StrategyCatalog,
    StrategyExecutor,
    ...STRATEGIES,
  ],
  exports: [AccountsService, EpisodeEngine, LaunchService],
})
export class ResumeModule {}
