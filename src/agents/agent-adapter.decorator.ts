import { DiscoveryService } from '@nestjs/core';

/** Marks a provider as an `Agent`; the catalogue finds it wherever its module is imported. */
export const AgentAdapter = DiscoveryService.createDecorator();
