import { DiscoveryService } from '@nestjs/core';

/** Marks a provider as a `Strategy`; the catalogue finds it wherever its module is imported. */
export const ResumeStrategy = DiscoveryService.createDecorator();
