import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Strategy, type Attempt } from '../../core/ports/strategy.js';
import { ResumeStrategy } from './resume-strategy.decorator.js';

/** The strategy that is taken, with its reason; or none, with the reasons of all. */
export type Choice = Readonly<{ strategy: Strategy | undefined; why: string }>;

/** Every strategy of the application, in the order they are asked. */
@Injectable()
export class StrategyCatalog implements OnModuleInit {
  #strategies: readonly Strategy[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    const found = this.discovery
      .getProviders({ metadataKey: ResumeStrategy.KEY })
      .map(({ instance }): unknown => instance);
    this.#strategies = inOrder(found);
  }

  all(): readonly Strategy[] {
    return this.#strategies;
  }

  choose(attempt: Attempt): Promise<Choice> {
    return choose(this.#strategies, attempt);
  }
}

/** By rank. Throws where one is no strategy, or two could not be told apart. */
export function inOrder(found: readonly unknown[]): readonly Strategy[] {
  const strategies = found.map((instance) => {
    if (instance instanceof Strategy) return instance;
    throw new Error(`${String(instance)} is marked @ResumeStrategy but is no Strategy`);
  });
  const sorted = strategies.toSorted((a, b) => a.rank - b.rank);
  for (const [index, { id, rank }] of sorted.entries()) {
    const twin = sorted.slice(index + 1).find((other) => other.rank === rank || other.id === id);
    if (twin !== undefined) throw new Error(`the strategies "${id}" and "${twin.id}" share id or rank`);
  }
  return sorted;
}

/** The first that applies. */
export async function choose(strategies: readonly Strategy[], attempt: Attempt): Promise<Choice> {
  const reasons: string[] = [];
  for (const strategy of strategies) {
    const { applies, why } = await strategy.fit(attempt);
    if (applies) return { strategy, why };
    reasons.push(`${strategy.id}: ${why}`);
  }
  return { strategy: undefined, why: reasons.join('; ') };
}
