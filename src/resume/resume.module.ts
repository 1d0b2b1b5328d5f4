import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AccountProbe } from '../core/ports/account-probe.js';
import { AccountReplan } from './account-replan.js';
import { AccountsService } from './accounts.service.js';
import { ControlService } from './control.service.js';
import { EarlyCheck } from './early-check.js';
import { DaemonProbe } from './daemon-probe.js';
import { EpisodeBook } from './episode-book.js';
import { EpisodeEngine } from './episode-engine.js';
import { ExplainService } from './explain.service.js';
import { LaunchService } from './launch.service.js';
import { LeaseKeeper } from './lease-keeper.js';
import { LiveRuns } from './live-runs.service.js';
import { LookAhead } from './look-ahead.js';
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

/**
 * Owns episodes and our own runs, from the stop to the proof, and what people ask for in them. Emits
 * `episode-changed`, `run-ended`, `resume-withheld`, `preflight-troubled`, `control-used` and `pause-changed`.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    AccountReplan,
    AccountsService,
    { provide: AccountProbe, useClass: DaemonProbe },
    ControlService,
    EarlyCheck,
    EpisodeBook,
    EpisodeEngine,
    ExplainService,
    LaunchService,
    LeaseKeeper,
    LiveRuns,
    LookAhead,
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
  exports: [AccountsService, ControlService, EpisodeEngine, ExplainService, LaunchService],
})
export class ResumeModule {}
