import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EpisodeBook } from './episode-book.js';
import { EpisodeEngine } from './episode-engine.js';
import { LaunchService } from './launch.service.js';
import { LiveRuns } from './live-runs.service.js';
import { NextPrompts } from './next-prompt.js';
import { PolicyGuard } from './policy-guard.js';
import { ResumeAttempt } from './resume-attempt.js';
import { ResumeSpans } from './resume-spans.js';
import { RunService } from './run.service.js';
import { SessionBackups } from './session-backup.js';
import { SessionStory } from './session-story.js';
import { STRATEGIES } from './strategies/strategies.js';
import { StrategyCatalog } from './strategies/strategy-catalog.js';
import { StrategyExecutor } from './strategies/strategy-executor.js';

/** Owns episodes and our own runs, from the stop to the proof. Emits `episode-changed` and `run-ended`. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    EpisodeBook,
    EpisodeEngine,
    LaunchService,
    LiveRuns,
    NextPrompts,
    PolicyGuard,
    ResumeAttempt,
    ResumeSpans,
    RunService,
    SessionBackups,
    SessionStory,
    StrategyCatalog,
    StrategyExecutor,
    ...STRATEGIES,
  ],
  exports: [EpisodeEngine, LaunchService],
})
export class ResumeModule {}
