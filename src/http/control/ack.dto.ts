import { IsIn } from 'class-validator';

const ACK_ACTIONS = ['retry', 'close'] as const;

/** What is to become of a parked episode that a person has seen. */
export class AckDto {
  @IsIn(ACK_ACTIONS, { message: 'action: allowed is "retry" (it is due now) or "close" (it is left alone)' })
  readonly action: (typeof ACK_ACTIONS)[number] = 'retry';
}
