import { Module } from '@nestjs/common';
import { ControlService } from './control.service.js';
import { EarlyCheck } from './early-check.js';
import { EpisodeBook } from './episode-book.js';
import { EpisodeEngine } from './episode-engine.js';
import { LaunchService } from './launch.service.js';
import { LookAhead } from './look-ahead.js';
import { PolicyGuard } from './policy-guard.js';
import { ResumeAttempt } from './resume-attempt.js';
import { ResumeSpans } from './resume-spans.js';
import { RunService } from './run.service.js';
import { SessionTurns } from './session-turns.js';

/** Owns episodes and our own runs, from the stop to the proof. Emits `episode-changed` and `run-ended`. */
@Module({
  providers: [
    ControlService,
    EarlyCheck,
    EpisodeBook,
    EpisodeEngine,
    LaunchService,
    LookAhead,
    PolicyGuard,
    ResumeAttempt,
    ResumeSpans,
    RunService,
    SessionTurns,
  ],
  exports: [ControlService, EpisodeEngine, LaunchService],
})
export class ResumeModule {}
